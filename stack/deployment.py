"""A deployment of the chat: where, with which parameters, from which sources."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypedDict

from botocore.exceptions import BotoCoreError, ClientError

from stack import chat, executor, leftovers
from stack.adapters import Adapters
from stack.adapters.base import Context
from stack.addresses import Addresses
from stack.clients import Clients
from stack.errors import DeployError, NotDeployed
from stack.executor import Report
from stack.packages import Platform, build_packages
from stack.parameters import Parameters
from stack.plan import Plan
from stack.references import Facts
from stack.resources import Package, Stack
from stack.site import read_site


@dataclass(frozen=True)
class Sources:
    """What is deployed, and for what it is built.

    Attributes:
        root: the checkout, with `handlers/`, `uv.lock` and the built site in `frontend/dist/`.
        build: a folder that is kept between builds.
        platform: what the functions run on: LAMBDA on AWS, LOCAL on a rig of this machine.
    """

    root: Path
    build: Path
    platform: Platform

    def packages(self, parameters: Parameters) -> dict[str, Package]:
        """The package of each function, built where it is not yet.

        Raises:
            BuildError: see `build_packages`.
        """
        return build_packages(
            chat.requirements(parameters),
            self.root / "handlers",
            self.root / "uv.lock",
            self.build,
            self.platform,
            parameters.architecture,
        )


class Outputs(TypedDict):
    """What users of the deployed chat need to know; `tables` and `functions` map short names to those on AWS."""

    target: str
    region: str
    rest_url: str
    websocket_url: str
    callback_url: str
    site_url: str
    tables: dict[str, str]
    functions: dict[str, str]


class Deployment:
    """The chat at one place; making one does nothing yet.

    Every method raises `StackError`: `BuildError` for what is to be deployed, `DeployError` where a resource could not
    be read or changed.
    """

    def __init__(
        self, parameters: Parameters, clients: Clients, addresses: Addresses, account: str | None = None
    ) -> None:
        """`account`: the only one that may be changed; None for any."""
        self.parameters = parameters
        self._clients = clients
        self._addresses = addresses
        self._account = account

    def plan(self, sources: Sources) -> Plan:
        """What `deploy` would do; `render` shows it."""
        return executor.plan_of(self._declared(sources), self._adapters)

    def deploy(self, sources: Sources, report: Report) -> Outputs:
        """Bring what is deployed to what is declared; `report` gets a line per resource that was made or changed.

        What is declared no more is removed inside the APIs and the site. A whole resource that is declared no more is
        left alone: run `destroy` with the code that declares it.
        """
        self.check_account()
        return self._outputs(executor.deploy(self._declared(sources), self._adapters, report))

    def destroy(self, report: Report) -> None:
        """Remove all of it, users and messages included; `report` gets a line for each resource that was removed.

        What only other parameters declare is left alone: see `not_looked_for`.
        """
        self.check_account()
        executor.destroy(chat.undeclared(self.parameters), self._adapters, report)

    def not_looked_for(self) -> str:
        """What `destroy` leaves alone where the stack was deployed by other parameters, which it names; or nothing."""
        others = []
        if "cognito" not in self.parameters.auth_modes:
            others.append("AUTH_MODES=cognito (user pool, authorizer)")
        if not self.parameters.site_cdn:
            others.append("SITE_CDN=on (distribution)")
        if not others:
            return ""
        return f"not looked for: what {' or '.join(others)} adds; where it was deployed, destroy it with that set"

    def check_account(self) -> None:
        """Raises DeployError where the caller's account is not the one that may be changed."""
        account = self._adapters.context.account
        if self._account not in (None, account):
            raise DeployError(
                "account",
                f"your credentials are of account {account}, and CLOUDRIG_AWS_ACCOUNT is {self._account or 'not set'};"
                f" set it to {account} to have the stack there",
            )

    def leftovers(self) -> list[str]:
        """What there is of it, declared or tagged: nothing after `destroy`. Keys and ARNs."""
        observed, _ = executor.observe(chat.undeclared(self.parameters), self._adapters)
        try:
            return [*sorted(observed), *leftovers.find(self._adapters.context)]
        except (ClientError, BotoCoreError) as error:
            raise DeployError("leftovers", f"cannot be listed: {error}") from error

    def outputs(self) -> Outputs:
        """What is deployed, found anew.

        Raises:
            NotDeployed: an API, its routes, which come after every function, or what serves the site is not there.
        """
        needed = ("websocket.chat", "routes.chat", "rest.chat", self._site)
        there, facts = executor.find(chat.undeclared(self.parameters), needed, self._adapters)
        if missing := [key for key in needed if key not in there]:
            raise NotDeployed(f"{self.parameters.prefix} is not deployed, or not all of it: no {', '.join(missing)}")
        return self._outputs(facts)

    @property
    def _site(self) -> str:
        """The key of what serves the site."""
        return "distribution.site" if self.parameters.site_cdn else "bucket.site"

    def _declared(self, sources: Sources) -> Stack:
        packages = sources.packages(self.parameters)
        return chat.declare(self.parameters, packages, read_site(sources.root / "frontend" / "dist"))

    @cached_property
    def _adapters(self) -> Adapters:
        try:
            account = self._clients.sts.get_caller_identity()["Account"]
        except (ClientError, BotoCoreError) as error:
            raise DeployError("account", f"cannot tell whose it is: {error}") from error
        return Adapters(Context(self.parameters.prefix, account, self._clients, self._addresses))

    def _outputs(self, facts: Facts) -> Outputs:
        prefix, functions = self.parameters.prefix, chat.requirements(self.parameters)
        return Outputs(
            target=self._addresses.target,
            region=self._clients.region,
            rest_url=facts["rest.chat.url"],
            websocket_url=facts["websocket.chat.url"],
            callback_url=facts["websocket.chat.callback_url"],
            site_url=facts[f"{self._site}.url"],
            tables={table: chat.table_name(prefix, table) for table in chat.TABLES},
            functions={function: chat.function_name(prefix, function) for function in functions},
        )
