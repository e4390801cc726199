"""What Invoke says of a payload that is no JSON: in the words of Jackson, which reads it on AWS.

A first byte that begins no value and one that is no UTF-8 are recorded in LocalStack's AWS-validated snapshots
(`test_lambda_invoke_payload_encoding_error`). Words that are no token and names without double quotes are as Jackson
has them; where it says that they end is unverified. What is broken further on is told by Python's parser.
"""

from __future__ import annotations

import json
import re

_VALUES = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
_VALUE_STARTS = b'{["-0123456789'
_WORD = re.compile(rb"[A-Za-z_$][\w$]*")


def why_no_json(payload: bytes) -> str | None:
    """None for JSON; otherwise why it is none."""
    try:
        json.loads(payload)
    except UnicodeDecodeError as error:
        return _of_first(payload) or _located(f"Invalid UTF-8 start byte {payload[error.start]:#x}", error.start + 1)
    except json.JSONDecodeError as error:
        return _of_first(payload) or _of_name(error) or str(error)
    except (ValueError, RecursionError) as error:
        return str(error)
    return None


def _of_first(payload: bytes) -> str | None:
    """Why a payload cannot even begin so."""
    text = payload.lstrip(b" \t\r\n")
    start = len(payload) - len(text)
    if not text or text[0] in _VALUE_STARTS:
        return None
    word = _WORD.match(text)
    if word is None:
        return _located(f"Unexpected character ({_shown(text[0])}): expected a valid value {_VALUES}", start)
    end = word.end()
    if text[end : end + 1] >= b"\x80":
        return _located(f"Invalid UTF-8 start byte {text[end]:#x}", start + end + 1)
    if word.group() in (b"null", b"true", b"false"):
        return None
    ends = start + min(end + 1, len(text))
    return _located(f"Unrecognized token '{word.group().decode()}': was expecting {_VALUES}", ends)


def _of_name(error: json.JSONDecodeError) -> str | None:
    if not error.msg.startswith("Expecting property name") or error.pos >= len(error.doc):
        return None
    found = _shown(ord(error.doc[error.pos]))
    return _located(f"Unexpected character ({found}): was expecting double-quote to start field name", error.pos)


def _shown(code: int) -> str:
    is_control = code < 0x20 or 0x7F <= code < 0xA0
    return f"(CTRL-CHAR, code {code})" if is_control else f"'{chr(code)}' (code {code})"


def _located(message: str, index: int) -> str:
    source = "REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled)"
    return f"{message}\n at [Source: {source}; line: 1, column: {index + 1}]"
