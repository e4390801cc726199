"""An execution environment: one runtime process that handles one event at a time, and what outlives that process.

After a crash or a timeout the process is replaced when the next event needs it: globals are lost, while the log stream,
the directory behind TMPDIR and the Runtime API's port stay, as on AWS. Between two events it stands still: threads and
processes that a handler left running go on with the next event.
Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import shutil
import time
from dataclasses import replace
from typing import Protocol

from cloudrig.engine.interfaces import Invocation
from cloudrig.services.lambda_ import reports
from cloudrig.services.lambda_.call import Call
from cloudrig.services.lambda_.environment_states import TRANSITIONS, State
from cloudrig.services.lambda_.host import Host
from cloudrig.services.lambda_.logs import LEVELS, EnvironmentLog, level_of
from cloudrig.services.lambda_.platform_log import Report, platform_log
from cloudrig.services.lambda_.process import RuntimeProcess
from cloudrig.services.lambda_.reports import Failure
from cloudrig.services.lambda_.runtime_api import RuntimeConnection
from cloudrig.services.lambda_.state import Version
from cloudrig.services.lambda_.streamed import StreamedResponse
from cloudrig.services.lambda_.variables import Sandbox

log = logging.getLogger(__name__)

INIT_LIMIT_S = 10.0
"""The most an initialisation may take; a longer one is repeated once, within the function's own timeout."""


_MEMORY_CHANGES_IN_MS = 5.0
"""An invocation that takes less is reported with the memory of the one before."""


class Owner(Protocol):
    """The pool, which hears what becomes of its environments."""

    def needs(self, environment: Environment) -> bool:
        """Whether there is still a reason to start it, now that its turn has come."""
        ...

    def ready(self, environment: Environment) -> None: ...

    def returning(self, environment: Environment, duration_s: float) -> None:
        """It has answered, after so long, and is about to ask for its next event."""
        ...

    def stopped(self, environment: Environment, failure: Failure | None) -> None:
        """There is no process now. `failure` tells why the initialisation failed, if that is what happened."""
        ...


class Environment:
    """One environment of a version. Its owner calls `start`, `invoke`, `refuse` and `close`."""

    def __init__(self, version: Version, owner: Owner, host: Host, *, provisioned: bool = False) -> None:
        self.version = version
        self.provisioned = provisioned
        self.state = State.STOPPED
        self.idle_since = 0.0
        self._owner = owner
        self._host = host
        self._id = secrets.token_hex(16)
        self._stream = f"{host.clock.utc():%Y/%m/%d}/[{version.number}]{self._id}"
        self._log = EnvironmentLog(host.logs, host.clock, version.scope, version.log_group, self._stream)
        self._initialization = "provisioned-concurrency" if provisioned else "on-demand"
        self._platform = platform_log(version, self._initialization, host.clock, self._log.write)
        self._server: asyncio.Server | None = None
        self._sandbox: Sandbox | None = None
        self._process: RuntimeProcess | None = None
        self._connection: RuntimeConnection | None = None
        self._starting: asyncio.Task[None] | None = None
        self._initialised: asyncio.Future[Failure | None] | None = None
        self._init_ms: float | None = None
        self._call: Call | None = None
        self._answer: Invocation | None = None
        self._began = 0.0
        self._duration_ms = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._killed_for_memory: RuntimeProcess | None = None
        self._sweeping: asyncio.Task[None] | None = None

    # --- what the pool asks for ---

    def start(self) -> None:
        """Start the runtime process; the owner's `ready` or `stopped` follows."""
        self._enter(State.STARTING)
        self._starting = self._host.tasks.start(self._initialise())

    def invoke(self, call: Call) -> None:
        """Hand an event to the idle runtime."""
        self._enter(State.BUSY)
        self._begin(call)
        self._timer = asyncio.get_running_loop().call_later(self.version.settings.timeout_s, self._timed_out)
        if self._process is not None:
            self._process.thaw()
            self._watch_memory(self._process)
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.send_event(call.event, int((time.time() + self.version.settings.timeout_s) * 1000))

    def refuse(self, call: Call, failure: Failure) -> None:
        """Answer an event that this environment was started for and could not be initialised for."""
        self._begin(call)
        self._duration_ms = 0.0
        self._fail(failure)

    def close(self) -> asyncio.Task[None]:
        """Kill the process and give back everything; the task is done when nothing is left."""
        self._enter(State.CLOSED)
        if self._timer is not None:
            self._timer.cancel()
        return self._host.disposals.start(self._dispose())

    # --- what the runtime asks for (runtime_api.Runtime) ---

    def next_event(self, connection: RuntimeConnection) -> None:
        self._connection = connection
        if self.state is State.STARTING:
            self._settle_init(None)
        elif self.state is State.RETURNING:
            self._finish_call(None)
            self._become_idle()

    def response(self, request_id: str, body: bytes | None) -> int:
        if not self._take_answer(request_id):
            return 400
        number = self.version.number
        if body is None:
            self._return(Invocation(reports.RESPONSE_TOO_LARGE, "Unhandled", number))
            return 413
        self._return(Invocation(body, None, number))
        return 202

    def open_response(self, request_id: str, content_type: str) -> StreamedResponse | None:
        if self.state is not State.BUSY or self._call is None or self._call.event.request_id != request_id:
            return None

        def done(answer: Invocation) -> int:
            if not self._take_answer(request_id):
                return 400
            self._return(answer)
            return 202

        return StreamedResponse(self._call, content_type, self.version.number, done)

    def error(self, request_id: str, body: bytes) -> int:
        if not self._take_answer(request_id):
            return 400
        self._return(Invocation(body, "Unhandled", self.version.number))
        return 202

    def init_error(self, error_type: str, body: bytes) -> int:
        if self.state is not State.STARTING:
            return 403
        self._settle_init(Failure(error_type, body=body))
        return 202

    # --- initialisation ---

    async def _initialise(self) -> None:
        async with self._host.starts.turn():
            failure = await self._init_phases() if self._owner.needs(self) else None
        if self.state is not State.STARTING:
            return
        if failure is None and self._process is not None:
            self._process.peak_memory_mb()
            self._become_idle()
        else:
            self._stop(failure)

    async def _init_phases(self) -> Failure | None:
        failure = await self._init_phase(INIT_LIMIT_S)
        if failure is not None and failure.status == "timeout" and self.state is State.STARTING:
            return await self._init_phase(self.version.settings.timeout_s)
        return failure

    async def _init_phase(self, limit_s: float) -> Failure | None:
        """Start a process and wait until it asks for an event; after a failure it is gone again."""
        self._initialised = asyncio.get_running_loop().create_future()
        began = time.perf_counter()
        self._platform.init_start()
        try:
            process = await self._start_process()
            failure = await self._initialisation(limit_s)
            if failure is None and process.exited.done():
                failure = reports.exited(process.exited.result())
        except TimeoutError:
            failure = reports.timed_out(limit_s)
        except OSError as error:
            failure = Failure("Runtime.InvalidEntrypoint", str(error))
        except Exception as error:  # an event waits for this environment, and would for good
            log.exception("an environment of %s could not be started", self.version.arn)
            failure = Failure("Runtime.InvalidEntrypoint", str(error))
        self._init_ms = (time.perf_counter() - began) * 1000
        if failure is not None:
            await self._end_process()
        self._platform.init_end(self._init_ms, failure)
        self._log.flush()
        return failure

    async def _initialisation(self, limit_s: float) -> Failure | None:
        """Wait for the runtime to ask for an event, to report an error or to end. Raises TimeoutError."""
        if self.state is not State.STARTING or self._initialised is None:
            return None
        async with asyncio.timeout(limit_s):
            return await self._initialised

    async def _start_process(self) -> RuntimeProcess:
        if self._sweeping is not None:  # what is left of the process before must not be taken for the next one's
            await asyncio.wait([self._sweeping])
        sandbox = self._sandbox or await self._open_sandbox()
        program = self._host.runtime.program(self.version, sandbox)
        process = await RuntimeProcess.start(self._host.launcher, program, self._received)
        self._process = process
        self._watch_memory(process)
        self._host.tasks.start(self._watch(process))
        return process

    async def _open_sandbox(self) -> Sandbox:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: RuntimeConnection(self), "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        directory = self._host.directory / self._id
        directory.mkdir(parents=True)
        credentials = self._host.credentials.issue(self.version.settings.role, self.version.name)
        self._sandbox = Sandbox(f"127.0.0.1:{port}", directory, self._stream, credentials, self._initialization)
        return self._sandbox

    def _settle_init(self, failure: Failure | None) -> None:
        if self._initialised is not None and not self._initialised.done():
            self._initialised.set_result(failure)

    # --- one invocation ---

    def _begin(self, call: Call) -> None:
        self._call = call
        if call.wants_tail:
            self._log.start_tail()
        self._platform.start(call.event.request_id)
        self._began = time.perf_counter()

    def _take_answer(self, request_id: str) -> bool:
        """Whether an answer is the one being waited for; its time is taken if so."""
        if self.state is not State.BUSY or self._call is None or self._call.event.request_id != request_id:
            return False
        self._duration_ms = (time.perf_counter() - self._began) * 1000
        return True

    def _return(self, answer: Invocation) -> None:
        """Pass an answer on at once, or hold it for its log if that was asked for."""
        self._enter(State.RETURNING)
        self._answer = answer
        if self._call is not None and not self._call.wants_tail:
            self._call.finish(answer)
        self._owner.returning(self, self._duration_ms / 1000)

    def _finish_call(self, failure: Failure | None) -> None:
        """Write the end of an invocation's log, and give the answer if it had to wait for that."""
        call, answer = self._call, self._answer
        self._call = self._answer = None
        if self._timer is not None:
            self._timer.cancel()
        if call is None or answer is None:
            return
        request_id, memory_mb = call.event.request_id, self.version.settings.memory_mb
        used_mb = 0
        if self._process is not None:
            self._process.drain()
            used_mb = min(self._process.peak_memory_mb(anew=self._duration_ms > _MEMORY_CHANGES_IN_MS), memory_mb)
        init_ms, self._init_ms = self._init_ms, None
        self._platform.end(
            Report(
                request_id,
                self._duration_ms,
                used_mb,
                init_ms,
                failure,
                init_billed=not self.provisioned,
                trace=call.event.trace_id,
            )
        )
        self._log.flush()
        if self._host.events.listening:
            self._host.events.emit(
                "lambda.report",
                function=self.version.name,
                duration_ms=self._duration_ms,
                init_ms=init_ms or 0.0,
                memory_mb=memory_mb,
                error=failure.error_type if failure else answer.function_error,
            )
        if call.wants_tail:
            answer = replace(answer, log_tail=self._log.take_tail())
        call.finish(answer)

    def _fail(self, failure: Failure) -> None:
        """Answer the running invocation for a runtime that will not."""
        if self._call is None:
            return
        if self._process is not None:
            self._process.drain()
        request_id = self._call.event.request_id
        self._platform.failed(request_id, failure)
        self._answer = Invocation(failure.payload(request_id), "Unhandled", self.version.number)
        self._finish_call(failure)

    def _become_idle(self) -> None:
        self._enter(State.IDLE)
        if self._process is not None:
            self._host.memory.discard(self._process.pid)
        self.idle_since = self._host.clock.passed()
        self._owner.ready(self)
        if self._host.freezes and self.state is State.IDLE and self._process is not None:
            self._process.freeze()

    # --- the end of a process ---

    def _timed_out(self) -> None:
        """The function's time is up: kill it, its children too, and answer. `_watch` sees the end of the process."""
        if self._process is not None:
            self._process.kill()
        if self.state is State.BUSY:
            self._duration_ms = self.version.settings.timeout_s * 1000
            self._owner.returning(self, self._duration_ms / 1000)  # the next event comes back here, and finds its /tmp
            self._fail(reports.timed_out(self.version.settings.timeout_s))

    def _watch_memory(self, process: RuntimeProcess) -> None:
        self._host.memory.add(process.pid, self.version.settings.memory_mb, self._out_of_memory)

    def _out_of_memory(self) -> None:
        """It takes more memory than the function has: kill it. `_watch` sees the end of the process."""
        if self._process is not None:
            self._killed_for_memory = self._process
            self._process.kill_at(self.version.settings.memory_mb)

    async def _watch(self, process: RuntimeProcess) -> None:
        return_code = await process.exited
        if self._process is process:
            out_of_memory = process is self._killed_for_memory
            self._exited(reports.out_of_memory() if out_of_memory else reports.exited(return_code))

    def _exited(self, failure: Failure) -> None:
        if self.state is State.STARTING:
            self._settle_init(failure)
            return
        if self.state is State.BUSY:
            self._duration_ms = (time.perf_counter() - self._began) * 1000
            self._fail(failure)
        elif self.state is State.RETURNING:
            self._finish_call(failure)
        self._forget_process()
        if self.state is not State.CLOSED:
            self._stop(None)

    def _stop(self, failure: Failure | None) -> None:
        self._enter(State.STOPPED)
        self.idle_since = self._host.clock.passed()
        self._owner.stopped(self, failure)

    async def _end_process(self) -> None:
        process = self._process
        if process is not None:
            process.kill()
            await process.exited
            self._forget_process()

    def _forget_process(self) -> None:
        process, self._process, self._connection = self._process, None, None
        if process is not None:
            self._host.memory.discard(process.pid)
            process.close()
            self._sweeping = self._host.disposals.start(process.sweep())
        self._log.flush()

    async def _dispose(self) -> None:
        if self._call is not None:
            self._call.abandon()
        self._settle_init(None)
        if self._starting is not None:
            await asyncio.wait([self._starting])
        await self._end_process()
        if self._sweeping is not None:
            await asyncio.wait([self._sweeping])
        if self._server is not None:
            self._server.close()
        if self._sandbox is not None:
            self._host.credentials.revoke(self._sandbox.credentials.access_key_id)
            await asyncio.to_thread(shutil.rmtree, self._sandbox.directory, True)

    def _received(self, events: list[str]) -> None:
        logging = self.version.settings.logging
        if logging.format == "JSON":
            events = [text for text in events if level_of(text) >= LEVELS[logging.application_level]]
        for text in events:
            self._log.write(text)
        self._log.flush()

    def _enter(self, state: State) -> None:
        if state not in TRANSITIONS[self.state]:
            raise RuntimeError(f"an environment cannot go from {self.state} to {state}")
        self.state = state
