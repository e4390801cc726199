"""Velocity as API Gateway renders it. Cases marked "recorded" are AWS's answers in the tests of airspeed-ext."""

from __future__ import annotations

from typing import Any

import pytest

from cloudrig.services.apigateway.vtl.velocity import InvalidTemplate, Template, TemplateFailed, from_json


def render(template: str, **variables: Any) -> str:
    return Template(template).render(from_json(variables))


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("Hello $name", "Hello "),
        ("#if($nothing)shown#end", "shown"),
        ("#if(${a.b.c})yes!#end", "yes!"),
        ("#set($m = {})#set($m[$nothing] = 'foo')$m", "{=foo}"),
        ("#set($ignore = $m.put('k', 'new'))$ignore - $m.k", "old - new"),
        ("#foreach($x in $nothing)$x#end", ""),
        ("#foreach($x in [1,2,3])$foreach.count#if($foreach.hasNext),#end#end", "1,2,3"),
        ("#foreach($x in [1..3])$velocityCount#if($velocityHasNext),#end#end", "1,2,3"),
        ("#set($v = 5 * 4 - 2)$v", "18"),
        ("$a[0][1]$a[0][9]", "2"),
        ("#set($s = 'whatever')$s.length()", "8"),
        ("$list.size() $list.get(1)", "3 2"),
        ("a #stop b", "a "),
        ('#set($d = {"k1": "v1", "k2": "v2"})$d.toString()', "{k1=v1, k2=v2}"),
        ("#set($v = false)$v", "false"),
        ("#ff0000 $ #", "#ff0000 $ #"),
    ],
)
def test_recorded(template: str, text: str) -> None:
    assert render(template, m={"k": "old"}, a=[[1, 2]], list=[1, 2, 3]) == text


def test_nulls_are_empty_and_true() -> None:
    """Recorded: a JSON null, as a name that is not there, is text that counts as true."""
    assert render("#if($n)true#end|$n|#if($n == '')empty#end|#if(!$n)not#end", n=None) == "true||empty|"
    assert render("#if($e && $e == '')empty#end", e="") == "empty"


def test_values_print_as_in_java() -> None:
    """Maps as `{a=1}`, lists out of a payload as JSON, lists of the template as Java's."""
    values: Any = {"a": 1, "b": [{"c": None, "d": True}]}
    assert render("$v $v.b $v.b[0]", v=values) == '{a=1, b=[{"c":null,"d":true}]} [{"c":null,"d":true}] {c=, d=true}'
    assert render("#set($x = [1, true, 'a', {'b': 2.5}])$x") == "[1, true, a, {b=2.5}]"


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("$s.toUpperCase().substring(1)", "BC-"),
        ("$s.substring(0, 2)", "ab"),
        ("$s.replaceAll('[a-c]+', '<$0>')", "<abc>-"),
        ("$s.replace('a', '.')", ".bc-"),
        ("$s.contains('bc') $s.startsWith('x') $s.isEmpty() $s.equals('abc-')", "true false false true"),
        ("#foreach($p in $s.split('b'))[$p]#end", "[a][c-]"),
        ("$s.indexOf('c') $s.indexOf('z')", "2 -1"),
        ("#foreach($e in $m.entrySet())$e.key:$e.getValue() #end", "a:1 b:2 "),
        ("#foreach($v in $m)$v#end", "12"),
        ("$m.keySet() $m.containsKey('a') $m.get('z') $m.size()", "[a, b] true  2"),
        ("#set($ok = $l.add(3))$l $ok $l.contains(3) $l.isEmpty()", "[1,2,3] true true false"),
    ],
)
def test_methods_of_java(template: str, text: str) -> None:
    assert render(template, s="abc-", m={"a": 1, "b": 2}, l=[1, 2]) == text


@pytest.mark.parametrize("name", ["__class__", "title", "__init__", "format", "getClass()", "toString"])
def test_nothing_of_python_is_seen(name: str) -> None:
    assert render(f"#set($t = 'text')|$t.{name}|$m.{name}|$l.{name}|", m={}, l=[]) == "||||"


def test_rendering_leaves_the_template_as_it_was() -> None:
    template = Template("#set($x = $x + 1)$x")
    assert [template.render({"x": 1}), template.render({"x": 1})] == ["2", "2"]


def test_foreach_ends_after_1000_rounds() -> None:
    """AG `limits.html`: iterations in a #foreach loop."""
    assert render("#foreach($i in [1..100000000])x#end") == "x" * 1000


@pytest.mark.parametrize(
    "template",
    [
        "#foreach($i in [1..1000])#foreach($j in [1..1000])x#end#end",
        "#set($a = 'xxxxxxxxxx')#foreach($i in [1..40])#set($a = \"$a$a\")#end",
        "#set($a = 'xxxxxxxxxx')#foreach($i in [1..40])#set($a = $a.concat($a))#end",
        "#set($a = [1, 2])#foreach($i in [1..40])#set($added = $a.addAll($a))#end",
        "#set($a = 9)#foreach($i in [1..40])#set($a = $a * $a)#end",
        "#set($a = 'x')#foreach($i in [1..20])#set($a = $a + $a)#end#foreach($i in [1..1000])$a#end",
        "#include('/etc/hostname')",
        "$s.substring('a')",
        "#set($x = 1 + 'a')",
        "#macro(again)#again()#end#again()",
    ],
)
def test_failures(template: str) -> None:
    with pytest.raises(TemplateFailed):
        render(template, s="text")


@pytest.mark.parametrize("template", ["#if($a)", "#set($a)", "#foreach($a in", "x" * 307_201, "#if(1)" * 500])
def test_what_is_no_template(template: str) -> None:
    """Unclosed directives, and more than 300 KB (AG `limits.html`)."""
    with pytest.raises(InvalidTemplate):
        Template(template)
