from handlers.adapters.items import n, number, s, text


def test_strings_and_whole_numbers_survive() -> None:
    item = {"a": s("ä"), "b": n(1_795_161_841_000)}
    assert item == {"a": {"S": "ä"}, "b": {"N": "1795161841000"}}
    assert (text(item, "a"), number(item, "b")) == ("ä", 1_795_161_841_000)
