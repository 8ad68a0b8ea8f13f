"""The sandbox's own loopback works, so that programs of several processes talk as they do elsewhere."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.real

TWO_PROCESSES = """
import subprocess, sys
server = '''
import socket
with socket.create_server(("127.0.0.1", 0)) as listener:
    print(listener.getsockname()[1], flush=True)
    connection, _ = listener.accept()
    connection.sendall(connection.recv(100).upper())
'''
client = '''
import socket, sys
with socket.create_connection(("localhost", int(sys.argv[1])), timeout=5) as connection:
    connection.sendall(b"heard")
    print(connection.recv(100).decode())
'''
one = subprocess.Popen([sys.executable, "-c", server], stdout=subprocess.PIPE, text=True)
port = one.stdout.readline().strip()
print(subprocess.run([sys.executable, "-c", client, port], capture_output=True, text=True).stdout, end="")
_ = one.wait(5)
"""

MANAGER = """
import multiprocessing.managers as managers, subprocess, sys
code = '''
import multiprocessing.managers as managers
class Shared(managers.BaseManager): pass
Shared.register("table", callable=lambda: {"x": 42})
manager = Shared(("127.0.0.1", 50001), authkey=b"k")
server = manager.get_server()
print("ready", flush=True)
server.serve_forever()
'''
one = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
one.stdout.readline()
class Shared(managers.BaseManager): pass
Shared.register("table")
manager = Shared(("127.0.0.1", 50001), authkey=b"k")
manager.connect()
print(manager.table().get("x"))
one.kill()
"""

ZMQ = """
import threading, zmq
context = zmq.Context()
server = context.socket(zmq.REP)
port = server.bind_to_random_port("tcp://127.0.0.1")
threading.Thread(target=lambda: server.send(server.recv()[::-1])).start()
client = context.socket(zmq.REQ)
client.connect(f"tcp://127.0.0.1:{port}")
client.send(b"olleh")
print(client.recv().decode())
"""


@pytest.mark.parametrize(
    ("code", "said"), [(TWO_PROCESSES, "HEARD\n"), (MANAGER, "42\n"), (ZMQ, "hello\n")], ids=["tcp", "manager", "zmq"]
)
def test_processes_talk_over_the_loopback_inside(run, code, said):
    ran = run(code)
    assert ran.text(0) == said


def test_a_port_inside_is_no_port_of_this_machine(run):
    """Two runs may use the same number, and a service here on that number is none of theirs."""
    code = "import socket\nlistener = socket.create_server(('127.0.0.1', {}))\nprint(listener.getsockname()[1])"
    assert run(code.format(8765)).text(0) == "8765\n"
