"""What is measured: pinned projects as their registries hand them out, and the checkers that give the truth."""
import pathlib
import sys
from dataclasses import dataclass

SCRIPTS = pathlib.Path(__file__).resolve().parents[2] / "scripts"
SOURCES, CRATES = str(SCRIPTS / "debian_source.py"), str(SCRIPTS / "crate_source.py")


@dataclass(frozen=True)
class Package:
    """One pinned file: `command` puts it into the current folder under `file`."""

    file: str
    sha256: str
    command: tuple


def wheel(file, sha256, requirement):
    return Package(file, sha256, ("python3", "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:",
                                  "--no-cache-dir", requirement))


def npm(file, sha256, name):
    return Package(file, sha256, ("npm", "pack", "--silent", name))


def deb(file, sha256, name):
    return Package(file, sha256, ("apt-get", "download", "-qq", name))


def source(file, sha256, name):
    return Package(file, sha256, (sys.executable, SOURCES, name))


def crate(name, version, sha256):
    return Package(f"{name}-{version}.crate", sha256, (sys.executable, CRATES, name, version))


@dataclass(frozen=True)
class Project:
    """A project: the part `folder` of what `package` holds; `setting` tells the checker what a build would."""

    name: str
    language: str
    package: Package
    folder: str = "."
    setting: tuple = ()


TARGETS = {
    "go": (0.99, 0.97), "typescript": (0.99, 0.82), "python": (0.97, 0.80), "javascript": (0.90, 0.85),
    "java": (0.85, 0.75), "c": (0.96, 0.80), "c++": (0.85, 0.50), "rust": (0.90, 0.65),
}

JEDI = (
    wheel("jedi-0.19.2-py2.py3-none-any.whl",
          "a8ef22bde8490f57fe5c7681a3c83cb58874daf72b4784de3cce5b6ef6edb5b9", "jedi==0.19.2"),
    wheel("parso-0.8.4-py2.py3-none-any.whl",
          "a418670a20291dacd2dddc80c377c5c3791378ee1e8d12bffc35420643d43f18", "parso==0.8.4"),
)
TYPESCRIPT = npm("typescript-5.4.5.tgz", "154fae77169f04155ac52d521ac59abb07c9be29ea3744732adbf9f14abb2440", "typescript@5.4.5")
LIBCLANG = wheel("libclang-18.1.1-py2.py3-none-manylinux2010_x86_64.whl",
                 "c533091d8a3bbf7460a00cb6c1a71da93bffe148f172c7d03b1c31fbf8aa2a0b", "libclang==18.1.1")
GO = (
    deb("golang-1.19-go_1.19.8-2_amd64.deb",
        "545123039b6c79e75cf2d86528781a825424cf33ce9d3f4513d772d7144cd531", "golang-1.19-go=1.19.8-2"),
    deb("golang-1.19-src_1.19.8-2_all.deb",
        "2dfa82fe4f08f4e0193c532e561af4c91871f5235608f04f2bb8d57bb288df5a", "golang-1.19-src=1.19.8-2"),
)
COBRA = deb("golang-github-spf13-cobra-dev_1.6.1-1_all.deb",
            "4f5d20855133319beef3c5b49d3c21a0406f270bf94fb4b6f4d406b691283cb2", "golang-github-spf13-cobra-dev=1.6.1-1")
PFLAG = deb("golang-github-spf13-pflag-dev_1.0.6~git20210604-d5e0c0615ace-1_all.deb",
            "bd1c3c2a3e47512a64da02ebea900eb5a3f3c5d386e559d5718a3a935c0ea570",
            "golang-github-spf13-pflag-dev=1.0.6~git20210604-d5e0c0615ace-1")
MUX = deb("golang-github-gorilla-mux-dev_1.8.0-1_all.deb",
          "0880a4019fe68496a0e0a749c2948c029e489f49edd448bed2fedaba33f848c2", "golang-github-gorilla-mux-dev=1.8.0-1")
PROTOBUF = deb("golang-google-protobuf-dev_1.28.1-3_all.deb",
               "8421baafafb4eb08d191fa1a09449bae40eda04aee82a55f827c52226c7abfc0", "golang-google-protobuf-dev=1.28.1-3")
GOPATH = (PFLAG,)  # what the Go projects import besides the standard library
GOCODE = "usr/share/gocode/src/"

PROJECTS = (
    Project("click 8.1.7", "python", wheel(
        "click-8.1.7-py3-none-any.whl", "ae74fb96c20a0277a1d615f1e4d73c8414f5a98db8b799a7931d1582f3390c28", "click==8.1.7"), "click"),
    Project("requests 2.31.0", "python", wheel(
        "requests-2.31.0-py3-none-any.whl", "58cd2187c01e70e6e26505bca751777aa9f2ee0b7f4300988b709f44e013003f", "requests==2.31.0"), "requests"),
    Project("werkzeug 3.0.3", "python", wheel(
        "werkzeug-3.0.3-py3-none-any.whl", "fc9645dc43e03e4d630d23143a04a7f947a9a3b5727cd535fdfe155a17cc48c8", "werkzeug==3.0.3"), "werkzeug"),
    Project("rxjs 7.8.1", "typescript", npm(
        "rxjs-7.8.1.tgz", "c532167725ab7d085123209156c93cef22f2479cb9c8527060f1cd903aa9d149", "rxjs@7.8.1"), "package/src"),
    Project("zod 3.25.76", "typescript", npm(
        "zod-3.25.76.tgz", "9e1f1a05f0dd0c1dab64ee91ceb9bf55cd44d35368c70edda80a2fdc70a88377", "zod@3.25.76"), "package/src"),
    Project("express 4.19.2", "javascript", npm(
        "express-4.19.2.tgz", "1b18c90e7e9fc4cb3e4dfe6b5f11c21b85509162e88ca5c6b63b9c6b5ca085bf", "express@4.19.2"), "package"),
    Project("commander 12.1.0", "javascript", npm(
        "commander-12.1.0.tgz", "56affc6ddafe486f94b428ae2823d059cf60d4dae2f33eaaf1b1ec4306f73173", "commander@12.1.0"), "package"),
    Project("cobra 1.6.1", "go", COBRA, GOCODE + "github.com/spf13/cobra", ("github.com/spf13/cobra",)),
    Project("pflag 1.0.6", "go", PFLAG, GOCODE + "github.com/spf13/pflag", ("github.com/spf13/pflag",)),
    Project("gorilla/mux 1.8.0", "go", MUX, GOCODE + "github.com/gorilla/mux", ("github.com/gorilla/mux",)),
    Project("protobuf 1.28.1", "go", PROTOBUF, GOCODE + "google.golang.org/protobuf", ("google.golang.org/protobuf",)),
    Project("commons-lang3 3.12.0", "java", source(
        "libcommons-lang3-java_3.12.0.orig.tar.xz", "f7c22574707611b63bae19ff17f59e24cdd32e2b0e61a50ec9b1b525fbc909d1",
        "libcommons-lang3-java"), "commons-lang-rel-commons-lang-3.12.0/src/main/java"),
    Project("commons-io 2.11.0", "java", source(
        "commons-io_2.11.0.orig.tar.gz", "5a55361cf2b97228f94b3c65e3a4af784581debe322be551c44b2776db1c6483",
        "commons-io"), "commons-io-2.11.0-src/src/main/java"),
    Project("jsoup 1.15.3", "java", source(
        "jsoup_1.15.3.orig.tar.xz", "052511f0be47511f9b2a17d44fc1eccc4b5373e77cc5a3221e34b6af437e1e2e", "jsoup"),
        "jsoup-jsoup-1.15.3/src/main/java"),
    Project("redis 7.0.15", "c", source(
        "redis_7.0.15.orig.tar.gz", "4b1dc4ee6d622a09fff9c6777191209750fb5e5a725ef78ea012d6eef4c22982", "redis"),
        "redis-7.0.15/src", ("-I../deps/lua/src", "-I../deps/hiredis", "-I../deps/linenoise", "-I../deps/hdr_histogram")),
    Project("zlib 1.2.13", "c", source(
        "zlib_1.2.13.dfsg.orig.tar.bz2", "71feb7947e3c00ef125f83b79a4e529bde31171e5babe48b391f06758d1ab0a1", "zlib"),
        "zlib-1.2.13.dfsg"),
    Project("leveldb 1.23", "c++", source(
        "leveldb_1.23.orig.tar.gz", "9a37f8a6174f09bd622bc723b55881dc541cd50747cbd08831c2a82d620f6d76", "leveldb"),
        "leveldb-1.23", ("-Iinclude", "-DLEVELDB_PLATFORM_POSIX=1", "-std=c++17")),
    Project("jsoncpp 1.9.5", "c++", source(
        "libjsoncpp_1.9.5.orig.tar.gz", "f409856e5920c18d0c2fb85276e24ee607d2a09b5e7d5f0a371368903c275da2", "libjsoncpp"),
        "jsoncpp-1.9.5", ("-Iinclude", "-std=c++17")),
    Project("re2 2022-06-01", "c++", source(
        "re2_20220601+dfsg.orig.tar.xz", "3bc61251da3b0b97be40a8a127818c517c62516e4eda11fc901d29496663df54", "re2"),
        "re2-2022-06-01", ("-std=c++17",)),
    Project("regex-syntax 0.8.12", "rust", crate(
        "regex-syntax", "0.8.12", "d902046e6a28a1e4c3cab97258a0ce11e994903f01c2d97a9447a0b3df85f4f6"), "regex-syntax-0.8.12"),
    Project("clap_builder 4.6.7", "rust", crate(
        "clap_builder", "4.6.7", "ec0797fb7aeb1406c84efac526901f7ec3ead2124f946b494e72879d4b54704d"), "clap_builder-4.6.7"),
    Project("globset 0.4.21", "rust", crate(
        "globset", "0.4.21", "f98b0d85522dc0a824cfebbc9594ff4a9b289c568bea0370319dfbdf20ccdd2d"), "globset-0.4.21"),
)
