from stack import Clients
from stack.adapters import Adapters
from stack.resources import Secret
from tests.stack.adapters.bring import bring_about, remove
from tests.stack.fakes import Wire


def value(clients: Clients, name: str) -> str:
    return clients.ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"]


def test_a_secret_is_long_random_and_encrypted(adapters: Adapters, clients: Clients, prefix: str) -> None:
    names = [f"/{prefix}/one", f"/{prefix}/two"]
    bring_about(adapters, *(Secret(id=str(index), name=name) for index, name in enumerate(names)))
    assert len({value(clients, name) for name in names}) == 2
    assert all(len(value(clients, name)) >= 43 for name in names)
    assert {clients.ssm.get_parameter(Name=name)["Parameter"]["Type"] for name in names} == {"SecureString"}


def test_a_secret_is_made_once_and_never_read(adapters: Adapters, clients: Clients, prefix: str, wire: Wire) -> None:
    secret = Secret(id="a", name=f"/{prefix}/secret")
    bring_about(adapters, secret)
    before = value(clients, secret.name)
    wire.requests.clear()
    bring_about(adapters, secret)
    assert set(wire.operations) == {"DescribeParameters"}
    assert value(clients, secret.name) == before


def test_a_secret_made_meanwhile_is_kept(adapters: Adapters, clients: Clients, prefix: str, wire: Wire) -> None:
    secret = Secret(id="a", name=f"/{prefix}/secret")
    clients.ssm.put_parameter(Name=secret.name, Value="theirs", Type="SecureString")
    adapters[secret].apply(secret, None, {})
    assert value(clients, secret.name) == "theirs"


def test_a_removed_secret_is_gone(adapters: Adapters, clients: Clients, prefix: str) -> None:
    secret = Secret(id="a", name=f"/{prefix}/secret")
    bring_about(adapters, secret)
    remove(adapters, secret)
    assert clients.ssm.get_parameters(Names=[secret.name])["InvalidParameters"] == [secret.name]
