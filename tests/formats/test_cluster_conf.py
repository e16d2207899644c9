"""cluster.conf: the facts are read, and an edit changes the version and one node, whatever the file looks like."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import takewhile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.formats.corpus import accepted, case
from tests.formats.strategies import eols
from tui_installer.formats import cluster_conf, cluster_conf_edit
from tui_installer.formats.cluster_conf import ClusterNode
from tui_installer.formats.fencing import FenceDevice, FenceUse, Method
from tui_installer.formats.text import FormatError

MANUAL = (Method("single", (FenceUse("manual", (("ipaddr", "198.38.17.57"),)),)),)
LEFT = ClusterNode("left", 1, 3, MANUAL)
THIRD = ClusterNode("third", 1, 7, MANUAL)


def test_facts() -> None:
    conf = cluster_conf.parse(case("xml/mixed"))
    assert (conf.name, conf.version, conf.expected_votes, conf.two_node) == ("basement", 12, 2, False)
    assert [(node.name, node.votes, node.nodeid) for node in conf.nodes] == [("bottom", 1, 1), ("top", 1, 2)]
    assert conf.nodes[1].fence == (Method("single", (FenceUse("manual", (("ipaddr", "198.38.17.56"),)),)),)
    manual, apc = conf.fencedevices
    assert (manual, apc.settings) == (FenceDevice("manual", "fence_manual"), (("login", "root"),))
    assert [key for key, _ in apc.secrets] == ["passwd"] and apc.secrets[0][1] not in repr(conf)
    assert (conf.special, conf.votes, conf.free_nodeid()) == ((), 2, 3)


def test_facts_of_the_guides_file() -> None:
    conf = cluster_conf.parse(case("xml/guide-flat"))
    assert conf.node("bottom") == ClusterNode(
        "bottom", 1, None, (Method("single", (FenceUse("manual", (("ipaddr", "198.38.17.55"),)),)),)
    )
    assert (conf.node("top"), conf.free_nodeid()) == (None, 1)


def test_what_is_not_handled_is_named() -> None:
    content = (
        b'<cluster name="c" config_version="1"><quorumd votes="1"/><cman two_node="1" expected_votes="1" transport='
        b'"udpu"><multicast addr="239.1.1.1"/></cman><clusternodes><clusternode name="a"><altname name="b"/>'
        b"</clusternode></clusternodes></cluster>"
    )
    conf = cluster_conf.parse(content)
    assert conf.special == ("quorumd", "cman@transport", "cman/multicast", "clusternode/altname")
    assert (conf.two_node, conf.expected_votes) == (True, 1)


def test_what_changes_neither_votes_nor_transport_is_no_obstacle() -> None:
    content = (
        b'<cluster name="c" config_version="1"><fence_daemon post_join_delay="3"/><totem token="9"/><logging/><dlm/>'
        b'<gfs_controld/><clusternodes><clusternode name="a"/></clusternodes><rm><failoverdomains><failoverdomain '
        b'name="web"/></failoverdomains></rm></cluster>'
    )
    conf = cluster_conf.parse(content)
    assert (conf.special, conf.failover_domains) == ((), ("web",))


# --- the edits that an administrator would make


def changed(content: bytes, result: bytes) -> tuple[list[str], list[str]]:
    """(lines that went, lines that came)."""
    old, new = content.decode("latin-1").splitlines(), result.decode("latin-1").splitlines()
    return [line for line in old if line not in new], [line for line in new if line not in old]


def test_a_node_looks_like_its_neighbours() -> None:
    gone, come = changed(case("xml/mixed"), cluster_conf_edit.add_node(case("xml/mixed"), LEFT))
    assert gone == ["<cluster config_version='12' name='basement'>"]
    assert come == [
        "<cluster config_version='13' name='basement'>",
        "    <clusternode votes='1' name='left' nodeid='3'>",
        "      <fence><method name='single'><device ipaddr='198.38.17.57' name='manual'/></method></fence>",
        "    </clusternode>",
    ]


def test_a_node_comes_behind_the_last_one() -> None:
    rows = cluster_conf_edit.add_node(case("xml/n-tabs"), LEFT).decode().splitlines()
    last = rows.index('\t\t<clusternode name="bottom" votes="1">')
    assert rows[last + 7 : last + 15] == [
        '\t\t<clusternode name="left" votes="1" nodeid="3">',
        "\t\t\t<fence>",
        '\t\t\t\t<method name="single">',
        '\t\t\t\t\t<device name="manual" ipaddr="198.38.17.57"/>',
        "\t\t\t\t</method>",
        "\t\t\t</fence>",
        "\t\t</clusternode>",
        "\t</clusternodes>",
    ]


def test_a_blank_line_between_nodes_is_kept_up() -> None:
    rows = cluster_conf_edit.add_node(case("xml/mixed"), LEFT).decode().splitlines()
    assert rows[rows.index("    <!-- add more here -->") - 5 :][:3] == [
        "    </clusternode>  <!-- top -->",
        "",
        "    <clusternode votes='1' name='left' nodeid='3'>",
    ]


def test_the_long_line_of_ccs_tool_is_no_model() -> None:
    gone, come = changed(case("xml/by-ccs-tool"), cluster_conf_edit.add_node(case("xml/by-ccs-tool"), THIRD))
    assert len(gone) == 2, "the version's line, and the one that </clusternodes> has left"
    assert '    <clusternode name="third" votes="1" nodeid="7">' in come
    assert "    </clusternode></clusternodes>" in come


def test_thirty_two_nodes() -> None:
    content = case("xml/n-tabs")
    for number in range(2, 33):
        content = cluster_conf_edit.add_node(content, ClusterNode(f"h{number}", 1, number, MANUAL))
    conf = cluster_conf.parse(content)
    assert (len(conf.nodes), conf.votes, conf.version) == (32, 32, 38)
    assert len(content.splitlines()) == len(case("xml/n-tabs").splitlines()) + 31 * 7
    gone, come = changed(content, cluster_conf_edit.remove_node(content, "h16"))
    assert [line.strip() for line in gone[1:]] == ['<clusternode name="h16" votes="1" nodeid="16">']
    assert come == ['<cluster name="vmcluster" config_version="39">']


def test_a_line_stays_a_line() -> None:
    result = cluster_conf_edit.add_node(case("xml/one-line"), ClusterNode("b", 2, None, MANUAL))
    assert result == (
        b'<cluster name="c" config_version="2"><clusternodes><clusternode name="a"/><clusternode name="b" votes="2">'
        b'<fence><method name="single"><device name="manual" ipaddr="198.38.17.57"/></method></fence></clusternode>'
        b"</clusternodes></cluster>\n"
    )


def test_the_first_node_of_all_with_a_prefix() -> None:
    result = cluster_conf_edit.add_node(case("xml/prefixed"), ClusterNode("a", None, 1))
    assert result == (
        b'<?xml version="1.0"?>\n<c:cluster xmlns:c="urn:ccs" name="n" config_version="4">\n <c:clusternodes>\n'
        b'   <c:clusternode name="a" nodeid="1"/>\n </c:clusternodes>\n</c:cluster>'
    )
    assert cluster_conf.parse(result).nodes == (ClusterNode("a", None, 1),)


def test_a_name_is_escaped() -> None:
    result = cluster_conf_edit.add_node(case("xml/one-line"), ClusterNode("a<\"&'é"))
    assert cluster_conf.parse(result).nodes[1].name == "a<\"&'é"
    assert result.isascii()


def test_removing_takes_the_lines() -> None:
    content = case("xml/mixed").replace(b"  <!-- top -->", b"")
    gone, come = changed(content, cluster_conf_edit.remove_node(content, "top"))
    assert come == ["<cluster config_version='13' name='basement'>"]
    assert gone == [
        "<cluster config_version='12' name='basement'>",
        "    <clusternode votes='1' name='top' nodeid='2'>",
        "      <fence><method name='single'><device ipaddr='198.38.17.56' name='manual'/></method></fence>",
        "    </clusternode>",
    ]


def test_removing_leaves_a_comment_on_the_line() -> None:
    assert b"\n      <!-- top -->\n" in cluster_conf_edit.remove_node(case("xml/mixed"), "top")


def test_removing_what_is_not_there() -> None:
    assert cluster_conf_edit.remove_node(case("xml/mixed"), "left") == case("xml/mixed")


def test_version() -> None:
    assert cluster_conf.parse(cluster_conf_edit.set_version(case("xml/mixed"), 40)).version == 40
    assert cluster_conf.parse(cluster_conf_edit.add_node(case("xml/mixed"), LEFT, 40)).version == 40
    assert cluster_conf.parse(cluster_conf_edit.remove_node(case("xml/mixed"), "top", 40)).version == 40


# --- whatever the file looks like

NAMES = [f"h{number}" for number in range(32)]
COMMENTS = ["", '<!-- a > \'b\' " <clusternode name="x"> -->', "<?keep this?>"]


def _element(name: str, attributes: list[tuple[str, str]], inside: list[str], look: dict[str, str]) -> str:
    written = "".join(
        f"{look['space']}{key}{look['equals']}{look['quote']}{value}{look['quote']}" for key, value in attributes
    )
    if not inside:
        return f"<{name}{written}{look['empty']}"
    rows = look["eol"].join(
        look["step"] + row for kid in inside for row in (kid.split(look["eol"]) if look["eol"] else [kid])
    )
    return f"<{name}{written}>{look['eol']}{rows}{look['eol']}</{name}>"


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """cluster.conf files of up to 32 nodes, in all sorts of handwriting."""
    look = draw(
        st.fixed_dictionaries(
            {
                "eol": st.sampled_from(["\n", "\r\n", ""]),
                "step": st.sampled_from(["", "  ", "\t"]),
                "space": st.sampled_from([" ", "  ", "\n   ", "\t"]),
                "equals": st.sampled_from(["=", " = "]),
                "quote": st.sampled_from(['"', "'"]),
                "empty": st.sampled_from(["/>", " />"]),
            }
        )
    )
    prefix, space = draw(st.sampled_from([("", []), ("", [("xmlns", "urn:a")]), ("p:", [("xmlns:p", "urn:a")])]))
    fence = draw(st.sampled_from(["none", "inline", "broken"]))
    comment = st.sampled_from(COMMENTS)

    def node(name: str) -> str:
        ident = [("nodeid", name[1:])] if name != "h0" else []
        if fence == "none":
            return _element(f"{prefix}clusternode", [("name", name), *ident], [], look)
        inner = look if fence == "broken" else look | {"eol": "", "step": ""}
        device = _element(f"{prefix}device", [("name", "manual"), ("ipaddr", "198.38.17.55")], [], inner)
        method = _element(f"{prefix}method", [("name", "single")], [device], inner)
        return _element(f"{prefix}clusternode", [("votes", "1"), ("name", name), *ident],
                        [_element(f"{prefix}fence", [], [method], inner)], look)  # fmt: skip

    nodes = [node(name) + draw(comment) for name in draw(st.lists(st.sampled_from(NAMES), unique=True))]
    sections = [
        _element(f"{prefix}cman", [], [], look),
        draw(comment) + _element(f"{prefix}clusternodes", [], nodes, look) + draw(comment),
        "<!-- fin -->",
    ]
    version = [("config_version", str(draw(st.integers(0, 10**6)))), ("name", "c")]
    root = _element(f"{prefix}cluster", [*space, *draw(st.permutations(version))], sections, look)
    head = draw(st.sampled_from(["", "<?xml version='1.0'?>", '<?xml version="1.0" encoding="iso-8859-15" ?>']))
    doctype = draw(st.sampled_from(["", f'<!DOCTYPE {prefix}cluster SYSTEM "no[such].dtd">', "<!-- [ -->"]))
    end = draw(st.sampled_from(["", look["eol"]]))
    return (head + look["eol"] + doctype + look["eol"] + root + end).lstrip("\r\n").encode()


def without_version(content: bytes) -> bytes:
    conf = cluster_conf.parse(content)
    for quote in ('"', "'"):
        for equals in ("=", " = "):
            written = f"config_version{equals}{quote}{conf.version}{quote}".encode()
            content = content.replace(written, b"VERSION", 1)
    assert b"VERSION" in content
    return content


@given(files(), st.sampled_from([ClusterNode("left"), LEFT, ClusterNode("left", None, 99, MANUAL + MANUAL)]))
def test_adding_changes_nothing_else(content: bytes, node: ClusterNode) -> None:
    before = cluster_conf.parse(content)
    if node.nodeid is not None and node.nodeid in [each.nodeid for each in before.nodes]:
        with pytest.raises(FormatError, match="there already"):
            cluster_conf_edit.add_node(content, node)
        return
    result = cluster_conf_edit.add_node(content, node)
    after = cluster_conf.parse(result)
    assert after.nodes == (*before.nodes, node)
    assert (after.version, after.special) == (before.version + 1, before.special)
    old, new = without_version(content), without_version(result)
    if before.nodes:
        assert inserted(old, new).count(b"<") == new.count(b"<") - old.count(b"<")
    if b"\r\n" in content and b"\n   " not in content:
        assert eols(result) == {b"\r\n"}
    with pytest.raises(FormatError, match="there already"):
        cluster_conf_edit.add_node(result, node)


BOARD = FenceDevice("ipmi-left", "fence_ipmilan", (("ipaddr", "192.0.2.7"), ("login", "ADMIN")), (("passwd", "a&b"),))
BEHIND = ClusterNode("left", 1, 99, (Method("ipmi", (FenceUse("ipmi-left"),)),))


@given(files())
def test_a_device_of_its_own_comes_and_goes_with_the_node(content: bytes) -> None:
    before = cluster_conf.parse(content)
    if before.node("left") or 99 in [each.nodeid for each in before.nodes]:
        return
    result = cluster_conf_edit.add_node(content, BEHIND, None, BOARD)
    after = cluster_conf.parse(result)
    *others, board = after.fencedevices
    assert (after.nodes, tuple(others)) == ((*before.nodes, BEHIND), before.fencedevices)
    assert (sorted(board.settings), board.secrets) == (sorted(BOARD.settings), BOARD.secrets)
    with pytest.raises(FormatError, match="fence device ipmi-left already"):
        cluster_conf_edit.add_node(result, ClusterNode("other", 1, 98), None, BOARD)
    gone = cluster_conf_edit.remove_node(result, "left", None, ["ipmi-left"])
    assert replace(cluster_conf.parse(gone), version=before.version) == before
    if before.fencedevices:
        assert without_version(gone) == without_version(content)


def test_attributes_may_come_in_the_order_of_the_others() -> None:
    """A dual supply: the last node has action before port."""
    node = (
        '<clusternode name="a"><fence><method name="apc"><device action="off" name="apc1" port="1"/></method></fence>'
    )
    content = (
        f'<cluster name="c" config_version="1"><clusternodes>{node}</clusternode></clusternodes></cluster>'.encode()
    )
    use = FenceUse("apc1", (("port", "2"), ("action", "off")))
    result = cluster_conf_edit.add_node(content, ClusterNode("b", None, None, (Method("apc", (use,)),)))
    assert b'<device action="off" name="apc1" port="2"/>' in result


def test_a_device_is_laid_out_as_its_neighbours() -> None:
    """Also where there was none: the section is put behind the nodes."""
    text = cluster_conf_edit.add_node(case("xml/mixed"), BEHIND, None, BOARD).decode()
    line = next(line for line in text.splitlines() if "ipmi-left" in line and "fencedevice" in line)
    above = next(line for line in text.splitlines() if "fence_apc" in line)
    assert line[: len(line) - len(line.lstrip())] == above[: len(above) - len(above.lstrip())]
    assert "passwd='a&amp;b'" in line
    nodes = '  <clusternodes>\n    <clusternode name="a"/>\n  </clusternodes>\n'
    none = f'<cluster name="c" config_version="1">\n{nodes}</cluster>\n'.encode()
    added = cluster_conf_edit.add_node(none, BEHIND, None, BOARD).decode()
    assert '  </clusternodes>\n  <fencedevices>\n    <fencedevice name="ipmi-left"' in added
    assert "/>\n  </fencedevices>\n</cluster>\n" in added


def alike(one: bytes, two: bytes) -> int:
    """The number of bytes with which both begin."""
    return len(list(takewhile(lambda pair: pair[0] == pair[1], zip(one, two, strict=False))))


def inserted(old: bytes, new: bytes) -> bytes:
    """What was put into `old` at one place to make `new`; fails if it is not one place."""
    head = alike(old, new)
    tail = min(alike(old[::-1], new[::-1]), len(old) - head)
    assert head + tail == len(old)
    return new[head : len(new) - tail]


@given(files())
def test_removing_takes_back_what_adding_did(content: bytes) -> None:
    before = cluster_conf.parse(content)
    node = ClusterNode("left", 1, before.free_nodeid(), MANUAL)
    result = cluster_conf_edit.remove_node(cluster_conf_edit.add_node(content, node), "left")
    after = cluster_conf.parse(result)
    assert (after.nodes, after.version) == (before.nodes, before.version + 2)
    if before.nodes:
        assert without_version(result) == without_version(content)


@given(files(), st.integers(0, 31))
def test_removing_any_node(content: bytes, which: int) -> None:
    before = cluster_conf.parse(content)
    if which >= len(before.nodes):
        return
    result = cluster_conf_edit.remove_node(content, before.nodes[which].name)
    after = cluster_conf.parse(result)
    assert after.nodes == before.nodes[:which] + before.nodes[which + 1 :]
    inserted(without_version(result), without_version(content))


@given(files(), st.integers(1, 10**6))
def test_only_the_digits_of_the_version_change(content: bytes, more: int) -> None:
    version = cluster_conf.parse(content).version + more
    result = cluster_conf_edit.set_version(content, version)
    assert cluster_conf.parse(result).version == version
    assert without_version(result) == without_version(content)


# --- what is refused, and never followed

HEAD = b'<cluster name="c" config_version="1"><clusternodes>'
TAIL = b"</clusternodes></cluster>"
REFUSED: dict[str, tuple[bytes, str]] = {
    "not well-formed": (HEAD, "well-formed XML is accepted"),
    "empty": (b"", "well-formed XML is accepted"),
    "another root": (b"<clusters/>", "<cluster> is accepted"),
    "no name": (b'<cluster config_version="1"><clusternodes/></cluster>', "no name"),
    "no version": (b'<cluster name="c"><clusternodes/></cluster>', "no config_version"),
    "a version with a blank": (case("xml/no-digits"), "' 3'"),
    "a version that overflows": (HEAD.replace(b'"1"', b'"2147483648"') + TAIL, "up to 2147483647"),
    "a negative vote": (HEAD + b'<clusternode name="a" votes="-1"/>' + TAIL, "votes is '-1'"),
    "no nodes": (b'<cluster name="c" config_version="1"/>', "0 sections"),
    "two sections": (HEAD + b"</clusternodes><clusternodes>" + TAIL, "2 sections"),
    "twins": (HEAD + b'<clusternode name="a"/><clusternode name="a"/>' + TAIL, "2 nodes have the name 'a'"),
    "one id": (HEAD + b'<clusternode name="a" nodeid="1"/><clusternode name="b" nodeid="1"/>' + TAIL, "nodeid '1'"),
    "entity": (case("xml/declares"), "declarations within DOCTYPE"),
    "parameter entity": (b'<?xml version="1.0"?><!-- x -->\n<!DOCTYPE cluster SYSTEM "a["\n[<!ENTITY % p SYSTEM "x">%p;'
                         b"]>" + HEAD + TAIL, "declarations within DOCTYPE"),
    "unknown entity": (b'<!DOCTYPE cluster SYSTEM "x.dtd">' + HEAD + b'<clusternode name="&host;"/>' + TAIL, "'&host'"),
    "entity in text": (b'<!DOCTYPE cluster SYSTEM "x.dtd">' + HEAD + b"&host;" + TAIL, "'&host'"),
    "too large": (HEAD + b" " * (1 << 20) + TAIL, "up to 1048576"),
    "too deep": (HEAD + b"<a>" * 5000 + b"</a>" * 5000 + TAIL, "well-formed XML is accepted"),
    "two bytes a character": (HEAD.decode().encode("utf-16"), "NUL"),
    "another encoding": (b'<?xml version="1.0" encoding="EUC-JP"?>' + HEAD + TAIL, "encoding"),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
@pytest.mark.parametrize("deal", [cluster_conf.parse, lambda c: cluster_conf_edit.add_node(c, LEFT),
                                  lambda c: cluster_conf_edit.remove_node(c, "a")])  # fmt: skip
def test_refused(what: str, deal: Callable[[bytes], object]) -> None:
    content, words = REFUSED[what]
    with pytest.raises(FormatError) as error:
        deal(content)
    assert words in str(error.value)
    assert "accepted" in str(error.value)


def test_a_laughing_file_is_refused_at_once() -> None:
    rows = [f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 30)]
    bomb = f'<!DOCTYPE cluster [<!ENTITY l0 "ha">{"".join(rows)}]>'.encode() + HEAD + b"&l29;" + TAIL
    with pytest.raises(FormatError, match="declarations within DOCTYPE"):
        cluster_conf.parse(bomb)


def test_a_dtd_is_not_read(tmp_path: Path) -> None:
    dtd = tmp_path / "cluster.dtd"
    dtd.write_text('<!ATTLIST clusternode votes CDATA "7"><!ENTITY host "a">')
    content = f'<!DOCTYPE cluster SYSTEM "{dtd.as_uri()}">\n'.encode() + HEAD + b'<clusternode name="a"/>' + TAIL
    assert cluster_conf.parse(content).nodes == (ClusterNode("a", None),)
    assert b"DOCTYPE" in cluster_conf_edit.add_node(content, LEFT)


@pytest.mark.parametrize("version", [12, 0, -1, 2**31])
def test_a_version_that_is_not_higher(version: int) -> None:
    for deal in (cluster_conf_edit.set_version, lambda c, v: cluster_conf_edit.add_node(c, LEFT, v)):
        with pytest.raises(FormatError, match="13 is accepted"):
            deal(case("xml/mixed"), version)


def test_a_node_that_no_file_can_hold() -> None:
    for name in ("a\nb", "\0", "\ud800"):
        with pytest.raises(FormatError, match="printable text is accepted"):
            cluster_conf_edit.add_node(case("xml/mixed"), ClusterNode(name))


def test_the_corpus_takes_a_node_and_gives_it_back() -> None:
    for content in accepted("xml"):
        result = cluster_conf_edit.remove_node(cluster_conf_edit.add_node(content, THIRD), "third")
        if cluster_conf.parse(content).nodes:
            assert without_version(result) == without_version(content)
