"""The car's comfort functions: what may be asked of them, whether the car did it, and what kitt says about it.

`actions.py` is the table of intents, `targets.py` what they move and how far. `Hands` does what was asked on a
`Vehicle`: the simulated car, or a real one on its CAN bus. Nothing here steers, brakes or accelerates.
"""
