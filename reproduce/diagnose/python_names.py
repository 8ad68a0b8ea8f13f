"""What Python's own language and library lost and gained: Python 2 to 3, and from one Python 3 to the next.

Sources: "What's New in Python" of each release and the library reference of 2.7 and 3 (docs.python.org), read in
November 2026.
"""

from __future__ import annotations

import re
from typing import Final

# Modules, names of modules, builtins and methods that Python 3 never had.
_PYTHON_2_MODULES: Final = """
urllib2 urlparse cPickle cStringIO StringIO ConfigParser Queue Tkinter tkMessageBox tkFileDialog HTMLParser httplib
cookielib Cookie commands exceptions sets __builtin__ copy_reg SocketServer BaseHTTPServer SimpleHTTPServer xmlrpclib
SimpleXMLRPCServer anydbm md5 sha UserDict UserList UserString htmlentitydefs robotparser thread dummy_thread popen2
whichdb dumbdbm gdbm ttk Tix new mimetools rfc822 user future_builtins
"""
_PYTHON_2_BUILTINS: Final = """
xrange unicode raw_input reload execfile long basestring unichr cmp file reduce buffer apply intern coerce
"""
_PYTHON_2_NAMES: Final = """
itertools.izip itertools.imap itertools.ifilter itertools.izip_longest itertools.ifilterfalse os.getcwdu
string.letters string.maketrans string.lowercase string.uppercase string.join string.replace string.split
sys.maxint urllib.urlopen urllib.urlencode urllib.quote urllib.unquote urllib.urlretrieve urllib.quote_plus
dict.has_key dict.iteritems dict.itervalues dict.iterkeys str.decode generator.next file.next
dict_keys.sort dict_values.sort dict_items.sort OrderedDict.iteritems defaultdict.iteritems Counter.iteritems
types.StringType types.ListType types.ClassType operator.isCallable operator.div
"""
PYTHON_2_MODULES: Final = frozenset(_PYTHON_2_MODULES.split())
PYTHON_2_BUILTINS: Final = frozenset(_PYTHON_2_BUILTINS.split())
PYTHON_2_NAMES: Final = frozenset(_PYTHON_2_NAMES.split())
# What a list was in Python 2 and is an iterator or a view since.
LAZY_NOW: Final = re.compile(
    r"'(?:dict_keys|dict_values|dict_items|map|filter|zip|odict_keys)' object (?:is not subscriptable|does not support)"
    r"|object of type '(?:map|filter|zip)' has no len\(\)"
    r"|unsupported operand type\(s\) for \+: '(?:dict_\w+|range|map|filter)'"
)
# Code of Python 2 in a cell that Python 3 cannot read; what stands for each is told to people.
PYTHON_2_SYNTAX: Final[tuple[tuple[str, re.Pattern[str]], ...]] = (
    (
        "a print statement",
        re.compile(r"(?m)^(?:[^#'\"\n]{0,200}[:;])?[ \t]*print(?:[ \t]+[^\s=(),.\[]|[ \t]*>>|[ \t]*$)"),
    ),
    (
        "except E, e",
        re.compile(r"(?m)^[ \t]*except[ \t]+[\w.()]{1,80}(?:, ?[\w.]{1,40}\))?[ \t]*,[ \t]*\w{1,40}[ \t]*:"),
    ),
    ("raise E, text", re.compile(r"(?m)\braise[ \t]+[\w.]{1,80}[ \t]*,")),
    ("an exec statement", re.compile(r"(?m)^[ \t]*exec[ \t]+[^\s=(]")),
    ("the operator <>", re.compile(r"<>")),
    ("an octal number such as 0777", re.compile(r"(?<![\w.])0[0-7]{1,20}(?![\w.])")),
    ("a number such as 10L", re.compile(r"(?<![\w.])\d{1,40}[lL]\b")),
    ("a text such as ur''", re.compile(r"(?<!\w)[uU][rR]['\"]")),
    ("backticks", re.compile(r"`[^`\n]{1,200}`")),
    ("a lambda that takes a tuple", re.compile(r"\blambda[ \t]*\(")),
)

# name: since, and for those that went what to write instead. Modules, module.name, Class.method, function(argument).
_REMOVED: Final = """
3.7 os.errno : errno
3.8 time.clock : time.perf_counter
3.8 cgi.escape : html.escape
3.8 platform.linux_distribution,platform.dist : the package distro
3.9 fractions.gcd : math.gcd
3.9 base64.encodestring,base64.decodestring : encodebytes
3.9 Thread.isAlive : is_alive
3.9 array.tostring,array.fromstring,Element.getchildren,Element.getiterator,HTMLParser.unescape : the newer name
3.9 dummy_threading,_dummy_thread,xml.etree.cElementTree : threading, xml.etree.ElementTree
3.10 formatter,parser,symbol,macpath : another module
3.10 collections.Mapping,collections.MutableMapping,collections.Iterable,collections.Iterator : collections.abc
3.10 collections.Sequence,collections.Callable,collections.Set,collections.MutableSet : collections.abc
3.10 collections.MutableSequence,collections.Hashable,collections.Sized,collections.Container : collections.abc
3.10 collections.Generator,collections.KeysView,collections.ItemsView,collections.ValuesView : collections.abc
3.11 inspect.getargspec,inspect.formatargspec : inspect.getfullargspec
3.11 asyncio.coroutine,binhex,gettext.lgettext : another way
3.12 imp,distutils,asyncore,asynchat,smtpd : importlib, setuptools or packaging
3.12 pkgutil.ImpImporter,pkgutil.ImpLoader,configparser.SafeConfigParser : importlib or ConfigParser
3.12 ssl.wrap_socket,ssl.match_hostname,locale.format : the newer name
3.13 aifc,audioop,cgi,cgitb,chunk,crypt,imghdr,mailcap,msilib,nis,nntplib,ossaudiodev,pipes : a package of that name
3.13 sndhdr,spwd,sunau,telnetlib,uu,xdrlib,lib2to3 : a package of that name
"""
_ADDED: Final = """
3.0 configparser,queue,tkinter,urllib.request,urllib.parse,urllib.error,builtins,http.client,html.parser
3.2 concurrent,functools.lru_cache,itertools.accumulate,datetime.timezone
3.3 shutil.which,time.perf_counter,unittest.mock,ipaddress
3.4 pathlib,asyncio,enum,statistics,functools.singledispatch,tracemalloc
3.5 typing,math.inf,math.nan,math.isclose,math.gcd,subprocess.run
3.6 secrets,math.tau,random.choices
3.7 dataclasses,contextvars,importlib.resources,contextlib.nullcontext,time.time_ns,asyncio.run,run(capture_output)
3.7 __init__(capture_output),run(text)
3.8 importlib.metadata,math.prod,math.comb,math.perm,math.dist,math.isqrt,statistics.fmean,statistics.NormalDist
3.8 typing.Literal,typing.Final,typing.Protocol,typing.TypedDict,functools.cached_property
3.9 zoneinfo,graphlib,math.lcm,math.nextafter,typing.Annotated,functools.cache,str.removeprefix,str.removesuffix
3.10 itertools.pairwise,statistics.correlation,statistics.linear_regression,typing.TypeAlias,zip(strict)
3.10 dataclass(slots),dataclass(kw_only)
3.11 tomllib,datetime.UTC,enum.StrEnum,typing.Self,math.cbrt
3.12 itertools.batched,typing.override
"""
# What an older Python says of something newer.
TOO_NEW_WORDS: Final[tuple[tuple[re.Pattern[str], str, str], ...]] = (
    (re.compile(r"'(?:type|ABCMeta|_GenericAlias)' object is not subscriptable"), "list[…] as a type", "3.9"),
    (re.compile(r"unsupported operand type\(s\) for \|: 'dict' and 'dict'"), "the union of two dicts (|)", "3.9"),
    (
        re.compile(r"unsupported operand type\(s\) for \|: '(?:type|_GenericAlias|NoneType)'"),
        "int | None as a type",
        "3.10",
    ),
    (re.compile(r"unsupported pickle protocol: 5"), "a file pickled with protocol 5", "3.8"),
    (re.compile(r"zip\(\) takes no keyword arguments"), "zip(strict=…)", "3.10"),
)
# What a newer Python says of something that went.
TOO_OLD_WORDS: Final[tuple[tuple[re.Pattern[str], str, str, str], ...]] = (
    (re.compile(r"Population must be a sequence\.  For dicts or sets"), "random.sample of a set", "3.11", "sorted(…)"),
)


def _read_removed(table: str) -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    for line in table.strip().splitlines():
        head, _, instead = line.partition(" : ")
        since, names = head.split(" ", 1)
        found |= {name: (since, instead.strip()) for name in names.strip().split(",")}
    return found


REMOVED: Final[dict[str, tuple[str, str]]] = _read_removed(_REMOVED)
ADDED: Final[dict[str, str]] = {
    name: line.split()[0] for line in _ADDED.strip().splitlines() for name in line.split()[1].split(",")
}
