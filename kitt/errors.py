"""The one error a user sees: one line, exit code 2."""


class KittError(Exception):
    """Bad input or a missing part, told in one line: what is wrong, where, what to do.

    The command line prints the message without a traceback and exits with code 2.
    """
