"""The isolated machine, driven from outside: started cold or from a saved state, told what to do over its
second serial line, its power cut at any moment.

Power is cut by killing the emulator. Its disk is opened without the host's cache, so what it was told to keep
is on the image; what the guest has not flushed is lost, as in a disk with a write cache: the guest's own pages,
and the image's tables that the emulator keeps in memory until the guest asks for a flush.
"""
import json
import os
import select
import shutil
import socket
import subprocess
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
CACHE = Path(os.environ["CODEGRAPH_CACHE"])
os.environ["PATH"] += ":/sbin:/usr/sbin"
# An emulated processor on a busy host: for what surely comes, or never.
LONG = 1800


class Gone(AssertionError):
    """The machine has ended, or says nothing any more."""


def run(*line, **more):
    subprocess.run([str(word) for word in line], check=True, **more)


def base(*packages, suite="bookworm"):
    """The folder with kernel and root of the machine; made once."""
    line = [HERE / "base.sh", suite, *packages]
    return Path(subprocess.run(line, check=True, text=True, stdout=subprocess.PIPE).stdout.split()[-1])


def file_system(folder, image, size=None, *options):
    """An image with the contents of a folder, or empty."""
    if size is None:
        blocks = subprocess.run(["du", "-sm", folder], check=True, text=True, stdout=subprocess.PIPE).stdout
        size = f"{int(blocks.split()[0]) * 11 // 10 + 64}M"
    run("mkfs.ext4", "-q", *options, *(["-d", folder] if folder else []), image, size, stdout=subprocess.DEVNULL)


def root_disk(base_folder, image):
    """The disk of a machine that has never been started."""
    root, raw = image.with_suffix(".root"), image.with_suffix(".raw")
    root.mkdir()
    run("tar", "-xf", base_folder / "root.tar", "-C", root)
    file_system(root, raw, "6G")
    shutil.rmtree(root)
    run("qemu-img", "convert", "-q", "-f", "raw", "-O", "qcow2", raw, image)
    raw.unlink()


def overlay(disk, image):
    """A disk that starts as another one, which must not change any more."""
    image.unlink(missing_ok=True)
    run("qemu-img", "create", "-q", "-f", "qcow2", "-b", disk, "-F", "qcow2", image)


def media(folder, image):
    """A read-only disk from a folder, with what the machine plays."""
    (folder / "story").mkdir(exist_ok=True)
    shutil.copy(HERE / "guest/checks.sh", folder / "story/checks.sh")
    shutil.copy(HERE / "guest/agent.sh", folder / "story/play.sh")
    file_system(folder, image)


class Machine:
    """One start of the emulator."""

    def __init__(self, base_folder, work, disk, media_image, state=None, extra=()):
        self.log = work / "console.log"
        self.ends = [work / "serial.sock", work / "control.sock"]
        for end in self.ends:
            end.unlink(missing_ok=True)
        line = [
            "qemu-system-x86_64", "-machine", "q35", "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2", "-m", "2048",
            "-kernel", base_folder / "vmlinuz", "-initrd", base_folder / "initrd.gz",
            "-append", "console=ttyS0 quiet systemd.show_status=false loglevel=3",
            "-drive", f"file={disk},format=qcow2,if=virtio,cache=none",
            "-drive", f"file={media_image},format=raw,if=virtio,readonly=on",
            *(word for image in extra for word in ("-drive", f"file={image},format=raw,if=virtio,cache=none")),
            "-serial", f"file:{self.log}", "-serial", f"unix:{self.ends[0]},server=on,wait=off",
            "-qmp", f"unix:{self.ends[1]},server=on,wait=off",
            "-no-reboot", "-nic", "none", "-display", "none", "-monitor", "none",
            *(["-incoming", f"exec:cat {state}"] if state else []),
        ]
        self.process = subprocess.Popen([str(word) for word in line], stdin=subprocess.DEVNULL,
                                        stdout=(work / "emulator.log").open("a"), stderr=subprocess.STDOUT)
        try:
            self.serial, self.control = (self.connect(end) for end in self.ends)
            self.held, self.answers = b"", b""
            self.ask("qmp_capabilities")
            if state:
                # It was stopped when it was saved. What came after the greeting of the first start was lost with its other end.
                self.wait_for(lambda: self.ask("query-status")["status"] != "inmigrate")
                self.ask("cont")
                self.must("true")
            else:
                self.lines(LONG, lambda line: line == "agent")
        except BaseException:
            self.cut()
            raise

    def connect(self, end):
        line = socket.socket(socket.AF_UNIX)
        until = time.monotonic() + 60
        while True:
            try:
                line.connect(str(end))
                return line
            except OSError:
                if time.monotonic() > until or self.process.poll() is not None:
                    raise Gone("the emulator does not start; see emulator.log") from None
                time.sleep(0.02)

    @staticmethod
    def wait_for(condition, limit=LONG):
        until = time.monotonic() + limit
        while not condition():
            if time.monotonic() > until:
                raise Gone("it does not come to that")
            time.sleep(0.02)

    def ask(self, command, **arguments):
        """A command to the emulator."""
        self.control.sendall(json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n")
        while True:
            while b"\n" not in self.answers:
                more = self.control.recv(65536)
                if not more:
                    raise Gone("the emulator has ended")
                self.answers += more
            line, _, self.answers = self.answers.partition(b"\n")
            answer = json.loads(line)
            if "error" in answer:
                raise Gone(f"{command}: {answer['error']}")
            if "return" in answer:
                return answer["return"]

    def lines(self, limit, is_last):
        """The lines that come, up to the last one or the limit; none at the limit."""
        until, came = time.monotonic() + limit, []
        while True:
            while b"\n" in self.held:
                line, _, self.held = self.held.partition(b"\n")
                came.append(line.decode(errors="replace").rstrip("\r"))
                if is_last(came[-1]):
                    return came
            left = until - time.monotonic()
            if left <= 0:
                return None
            if select.select([self.serial], [], [], left)[0]:
                more = self.serial.recv(65536)
                if not more:
                    raise Gone("the machine has ended")
                self.held += more

    def tell(self, command):
        self.serial.sendall(command.encode() + b"\n")

    def end(self, limit=LONG):
        """Status and output of what was told last."""
        came = self.lines(limit, lambda line: line.startswith("="))
        if came is None:
            raise Gone(f"no end of the command after {limit} s")
        return int(came[-1][1:]), "\n".join(line[1:] for line in came if line.startswith(" "))

    def do(self, command, limit=LONG):
        self.tell(command)
        return self.end(limit)

    def must(self, command, limit=LONG):
        """The output of a command that must end well."""
        status, said = self.do(command, limit)
        if status != 0:
            raise AssertionError(f"`{command}` ended with {status}:\n{said}")
        return said

    def save(self, state):
        """Writes the state of the running machine to a file and ends it; its disk must not change after that."""
        self.ask("stop")
        self.ask("migrate-set-parameters", **{"max-bandwidth": 1 << 34})
        self.ask("migrate", uri=f"exec:cat > {state}")
        self.wait_for(lambda: self.ask("query-migrate")["status"] not in ("setup", "active", "device"))
        assert self.ask("query-migrate")["status"] == "completed", self.ask("query-migrate")
        self.ask("quit")
        self.process.wait(60)

    def cut(self):
        """The power goes."""
        self.process.kill()
        self.process.wait()
