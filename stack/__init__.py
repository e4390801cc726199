"""What is deployed of the chat, and how: declared as data, compared with what is there, brought about with boto3.

Runs against whatever the boto3 session talks to, and does not know what that is.

    parameters = Parameters.from_environ(os.environ)              # PREFIX, AUTH_MODES, …; ParameterError
    clients = Clients.of(boto3.Session(region_name="us-east-1"))  # AWS_ENDPOINT_URL holds
    deployment = Deployment(parameters, clients, addresses)       # addresses: see Addresses
    sources = Sources(root, build=root / ".cloudrig/build", platform=Platform.LOCAL)

    print(render(deployment.plan(sources)))                       # --dry-run
    outputs = deployment.deploy(sources, report=print)            # a line per resource made or changed
    outputs = deployment.outputs()                                # found anew; NotDeployed
    deployment.destroy(report=print)

Every error is a `StackError` with a text for the user.

Inside: `chat` declares the `resources`, which refer to each other by `references`, and `chat_functions` what each of
its functions needs; `plan` compares; `executor` carries out through `adapters/`, one per service; `packages` and `site`
hold what is uploaded.
"""

from stack.addresses import Addresses
from stack.clients import Clients
from stack.deployment import Deployment, Outputs, Sources
from stack.errors import BuildError, DeployError, NotDeployed, StackError
from stack.packages import Platform
from stack.parameters import ParameterError, Parameters
from stack.plan import Plan, Verb, render

__all__ = [
    "Addresses",
    "BuildError",
    "Clients",
    "DeployError",
    "Deployment",
    "NotDeployed",
    "Outputs",
    "ParameterError",
    "Parameters",
    "Plan",
    "Platform",
    "Sources",
    "StackError",
    "Verb",
    "render",
]
