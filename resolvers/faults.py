"""Faults of the hub: logged in full under a reference, which is all that the caller gets to see."""

import logging
import secrets

_log = logging.getLogger("unionhub.error")


def log_fault(event: str, fault: BaseException, **fields: str | None) -> str:
    """Log a fault with its traceback, and return its reference: twelve hexadecimal digits.

    Args:
        event: what failed.
        fault: the exception.
        fields: what else the log line has.
    """
    reference = secrets.token_hex(6)
    _log.error(event, exc_info=fault, extra={"reference": reference, **fields})
    return reference
