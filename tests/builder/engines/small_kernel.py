"""A kernel of one file: enough of Jupyter's protocol over ZMTP 3.0 to be started and asked, in any Python.

The packages of the tests' index are empty but for this one, so that environments are verified as they are in earnest.
"""

SOURCE = r"""
import binascii, hashlib, hmac, json, os, socket, struct, sys, threading

def receive(connection, size):
    data = b""
    while len(data) < size:
        chunk = connection.recv(size - len(data))
        if not chunk:
            raise EOFError
        data += chunk
    return data

def send(connection, body, flags=0):
    if len(body) > 255:
        connection.sendall(struct.pack(">BQ", flags | 2, len(body)) + body)
    else:
        connection.sendall(struct.pack(">BB", flags, len(body)) + body)

def frame(connection):
    flags = ord(receive(connection, 1))
    size = struct.unpack(">Q", receive(connection, 8))[0] if flags & 2 else ord(receive(connection, 1))
    return flags, receive(connection, size)

def shake_hands(connection):
    connection.sendall(b"\xff" + b"\0" * 8 + b"\x7f" + b"\x03\x00" + b"NULL" + b"\0" * 16 + b"\0" * 32)
    receive(connection, 64)
    kind = b"\x0bSocket-Type" + struct.pack(">I", 6) + b"ROUTER"
    send(connection, b"\x05READY" + kind, 4)
    frame(connection)

def answer(connection, key, namespace):
    shake_hands(connection)
    while True:
        parts = []
        while True:
            flags, body = frame(connection)
            parts.append(body)
            if not flags & 1:
                break
        header = json.loads(parts[2].decode("utf-8"))
        if header["msg_type"] == "kernel_info_request":
            content = {"status": "ok", "protocol_version": "5.3", "implementation": "small", "banner": "",
                       "implementation_version": "1.0", "help_links": [],
                       "language_info": {"name": "python", "version": "%d.%d.%d" % sys.version_info[:3],
                                         "mimetype": "text/x-python", "file_extension": ".py"}}
        else:
            asked = json.loads(parts[5].decode("utf-8"))
            exec(asked["code"], namespace)
            found = dict((name, {"status": "ok", "metadata": {}, "data": {"text/plain": repr(eval(text, namespace))}})
                         for name, text in asked["user_expressions"].items())
            content = {"status": "ok", "execution_count": 1, "user_expressions": found, "payload": []}
        reply = dict(header, msg_type=header["msg_type"].replace("_request", "_reply"), msg_id=header["msg_id"] + "-r")
        body = [json.dumps(each).encode("utf-8") for each in (reply, header, {}, content)]
        signature = hmac.new(key, b"".join(body), hashlib.sha256).hexdigest().encode("ascii")
        frames = [b"<IDS|MSG>", signature] + body
        for number, each in enumerate(frames):
            send(connection, each, int(number + 1 < len(frames)))

def main(path):
    with open(path) as stream:
        facts = json.load(stream)
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    server.bind("%s-%d" % (facts["ip"], facts["shell_port"]))
    server.listen(5)
    while True:
        connection = server.accept()[0]
        thread = threading.Thread(target=answer, args=(connection, facts["key"].encode("ascii"), {}))
        thread.daemon = True
        thread.start()

if __name__ == "__main__":
    main(sys.argv[sys.argv.index("-f") + 1])
"""
