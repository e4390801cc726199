"""Invoking by the API: Invoke, InvokeAsync and InvokeWithResponseStream."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import replace

from cloudrig.engine import names
from cloudrig.engine.messages import Caller, Members, Response
from cloudrig.engine.wire import Operation
from cloudrig.services.lambda_.asynchronous import AsynchronousInvocations
from cloudrig.services.lambda_.call import AnswerStream
from cloudrig.services.lambda_.errors import InvalidRequestContent
from cloudrig.services.lambda_.invocations import Invocations
from cloudrig.services.lambda_.naming import LATEST, FunctionRef, parse_function
from cloudrig.services.lambda_.payloads import why_no_json
from cloudrig.services.lambda_.response_streams import event_stream
from cloudrig.services.lambda_.tracing import TRACE_HEADER


class Invoke:
    """Operations that invoke."""

    def __init__(self, invocations: Invocations, queue: AsynchronousInvocations) -> None:
        self._invocations = invocations
        self._queue = queue

    @property
    def operations(self) -> Mapping[str, Operation]:
        return {
            "Invoke": self.invoke,
            "InvokeAsync": self.invoke_async,
            "InvokeWithResponseStream": self.invoke_with_response_stream,
        }

    async def invoke(self, caller: Caller, members: Members) -> Members:
        """Run an event, take it for later, or only say whether it could be run.

        Raises ResourceNotFound, InvalidRequestContent, RequestEntityTooLarge, TooManyRequests.
        Source: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
        """
        ref, payload = self._event(caller, members)
        context, request_id = _client_context(members.get("ClientContext")), names.request_id()
        match members.get("InvocationType", "RequestResponse"):
            case "DryRun":
                return {"StatusCode": 204}
            case "Event":
                self._queue.submit(ref, payload, request_id, context, caller.trace)
                return {"ResponseMetadata": {"RequestId": request_id}, "StatusCode": 202}
        wants_tail = members.get("LogType") == "Tail"
        call = self._invocations.start(
            ref, payload, request_id=request_id, client_context=context, wants_tail=wants_tail, trace=caller.trace
        )
        answer = await call.answer
        headers = {TRACE_HEADER: call.event.trace_id, "x-amzn-Remapped-Content-Length": "0"}  # as boto3's users show
        return {
            "ResponseMetadata": {"RequestId": request_id, "HTTPHeaders": headers},
            "StatusCode": 200,
            "FunctionError": answer.function_error,
            "LogResult": base64.b64encode(answer.log_tail).decode() if wants_tail else None,
            "Payload": answer.payload,
            "ExecutedVersion": answer.executed_version,
        }

    def invoke_async(self, caller: Caller, members: Members) -> Members:
        """The older operation for what `InvocationType: Event` does.

        Source: https://docs.aws.amazon.com/lambda/latest/api/API_InvokeAsync.html
        """
        ref = parse_function(members["FunctionName"], caller.scope)
        self._queue.submit(ref, _checked_payload(members["InvokeArgs"]), names.request_id(), None, caller.trace)
        return {"Status": 202}

    async def invoke_with_response_stream(self, caller: Caller, members: Members) -> Members | Response:
        """Run an event and pass on its answer while it comes.

        Raises as `invoke`. Source: https://docs.aws.amazon.com/lambda/latest/api/API_InvokeWithResponseStream.html
        """
        ref, payload = self._event(caller, members)
        context, request_id = _client_context(members.get("ClientContext")), names.request_id()
        version = self._invocations.find(ref)
        if members.get("InvocationType") == "DryRun":
            return {"StatusCode": 204}
        wants_tail = members.get("LogType") == "Tail"
        stream = AnswerStream()
        call = self._invocations.start(
            ref,
            payload,
            request_id=request_id,
            client_context=context,
            wants_tail=wants_tail,
            stream=stream,
            trace=caller.trace,
        )
        return event_stream(stream, call, version.number)

    def _event(self, caller: Caller, members: Members) -> tuple[FunctionRef, bytes]:
        """Raises ResourceNotFound, with `$LATEST` where no qualifier was given, and InvalidRequestContent."""
        ref = parse_function(members["FunctionName"], caller.scope, members.get("Qualifier"))
        self._invocations.find(replace(ref, qualifier=ref.qualifier or LATEST))
        return ref, _checked_payload(members.get("Payload") or b"{}")


def _checked_payload(payload: bytes) -> bytes:
    why = why_no_json(payload)
    if why is not None:
        raise InvalidRequestContent(f"Could not parse request body into json: Could not parse payload into json: {why}")
    return payload


def _client_context(text: str | None) -> str | None:
    """The context as the runtime gets it, JSON on one line; it comes in base64."""
    if text is None:
        return None
    try:
        return json.dumps(json.loads(base64.b64decode(text, validate=True)), separators=(",", ":"))
    except (ValueError, RecursionError):
        raise InvalidRequestContent("Client context must be a valid Base64-encoded JSON object.") from None
