"""HAProxy's side of SPOP from the bytes up, as little of it as a question needs (SPOE.txt §3)."""

import socket
import struct


def string(text):
    """A string of less than 240 bytes, with its length."""
    return bytes([len(text)]) + text


def frame(kind, ids, payload):
    body = bytes([kind]) + struct.pack(">I", 1) + ids + payload
    return struct.pack(">I", len(body)) + body


HELLO = frame(1, b"\0\0", string(b"supported-versions") + b"\x08" + string(b"2.0") + string(b"max-frame-size") +
              b"\x03\xfc\xf0\x06" + string(b"capabilities") + b"\x08" + string(b"pipelining"))


def tls_status(host):
    """A NOTIFY with stream-id 1 and frame-id 1 that asks for the state of `host`."""
    return frame(3, b"\1\1", string(b"tls-status") + b"\1" + string(b"host") + b"\x08" + string(host))


class Peer:
    """One connection to the unix or abstract socket at `address`."""

    def __init__(self, address, timeout=30):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(address)  # waits for a place in a full backlog, which it would not with a time limit
        self.socket.settimeout(timeout)

    def close(self):
        self.socket.close()

    def receive(self):
        """The next frame without its length; b"" if the agent has closed."""
        header = self._read(4)
        return self._read(struct.unpack(">I", header)[0]) if header else b""

    def greet(self):
        self.socket.sendall(HELLO)
        return self.receive()

    def ask(self, host):
        """The ACK to a `tls-status` about `host`."""
        self.socket.sendall(tls_status(host))
        return self.receive()

    def _read(self, size):
        received = b""
        while len(received) < size:
            chunk = self.socket.recv(size - len(received))
            if not chunk:
                return b""
            received += chunk
        return received
