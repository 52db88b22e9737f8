"""The one useful sentence out of TensorRT's many."""

import pytest

from kitt.engine.trt.complaints import Heard, clean, parser_fault

# as TensorRT for RTX 1.7.1.116 and TensorRT 10 write them
WRONG_TYPE = "transpose_0: first input has type UInt8 but must have type Float or Bool"
LINES = {
    f"ITensor::getDimensions: Error Code 4: API Usage Error ({WRONG_TYPE}. In check at /x/n.cpp:456)": WRONG_TYPE,
    "[checkMacros.cpp::catchCudaError::250] Error Code 1: Cuda Runtime (In catchCudaError at /_src/x.cpp:250)": "",
    "ModelImporter.cpp:143: --- End node ---": "",
    "[6] Assertion failed: scale > 0: a scale must be positive.": "scale > 0: a scale must be positive",
    "": "",
}


@pytest.mark.parametrize("line", LINES)
def test_a_line_is_cut_to_its_reason(line: str) -> None:
    assert clean(line) == LINES[line]


def test_the_last_reason_counts_and_noise_does_not() -> None:
    heard = Heard()
    assert heard.reason() == "no reason given"
    for line in LINES:
        heard.take(line, is_error=True)
    heard.take("a warning", is_error=False)
    assert heard.reason() == "scale > 0: a scale must be positive"
    for i in range(100):
        heard.take(f"error {i}", is_error=True)
    assert len(heard.errors) == 20


class Error:
    def __init__(self, code: str, desc: str) -> None:
        self._code, self._desc = code, desc

    def code(self) -> str:
        return self._code

    def desc(self) -> str:
        return self._desc

    def node(self) -> int:
        return -1

    def node_name(self) -> str:
        return "frob_7"

    def node_operator(self) -> str:
        return "Frobnicate"


class Parser:
    def __init__(self, *errors: Error) -> None:
        self._errors = errors
        self.num_errors = len(errors)

    def get_error(self, i: int) -> Error:
        return self._errors[i]


@pytest.mark.parametrize(
    ("code", "said", "told"),
    [
        ("ErrorCode.UNSUPPORTED_NODE", "false", "it does not know this operator"),
        (
            "ErrorCode.INVALID_NODE",
            'creator && "Plugin not found, are the name and version correct?"',
            "it does not know this operator",
        ),
        ("ErrorCode.INVALID_NODE", "Invalid Node - frob_7\nfrob_7: K exceeds 3840", "K exceeds 3840"),
        ("ErrorCode.INVALID_NODE", "Invalid Node - frob_7", "no reason given"),
    ],
)
def test_what_the_parser_says_of_a_node(code: str, said: str, told: str) -> None:
    assert parser_fault(Parser(Error(code, said)), None) == f"node 'frob_7' (Frobnicate): {told}"


def test_a_parser_that_says_nothing() -> None:
    assert parser_fault(Parser(), None) == "its parser gives no reason"
