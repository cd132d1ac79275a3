"""What the server refuses, in the shape of OpenAI's errors."""

from __future__ import annotations

from typing import Any, Final

__all__ = ["BAD_REQUEST", "NOT_FOUND", "RefusedError", "error_body"]

BAD_REQUEST: Final = 400
NOT_FOUND: Final = 404


class RefusedError(Exception):
    """A request that gets no completion; `param` is the field at fault, `code` a word for programs."""

    def __init__(
        self,
        message: str,
        *,
        param: str | None = None,
        code: str | None = None,
        status: int = BAD_REQUEST,
    ) -> None:
        super().__init__(message)
        self.param = param
        self.code = code
        self.status = status

    def body(self) -> dict[str, Any]:
        """What is sent."""
        return error_body(str(self), self.param, self.code)


def error_body(message: str, param: str | None = None, code: str | None = None) -> dict[str, Any]:
    """An error as OpenAI writes it."""
    error = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
    return {"error": error}
