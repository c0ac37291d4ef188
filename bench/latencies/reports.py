"""A small reporting service on SQLite: each answer scans a table. Prints its port when it listens."""
import http.server
import random
import sqlite3
import threading
from urllib.parse import parse_qs, urlparse

LOCAL = threading.local()
DATABASE = "file:visits?mode=memory&cache=shared"
ROWS = 15_000


def fill(connection):
    random.seed(1)
    connection.execute("create table visits (patient integer, day integer, note text, price real)")
    rows = ((random.randrange(5000), random.randrange(365), f"note {random.random():.9f}", random.random() * 200) for _ in range(ROWS))
    connection.executemany("insert into visits values (?, ?, ?, ?)", rows)
    connection.commit()


class Reports(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if not hasattr(LOCAL, "connection"):
            LOCAL.connection = sqlite3.connect(DATABASE, uri=True)
        day = int(parse_qs(urlparse(self.path).query).get("day", ["1"])[0])
        query = "select count(*), sum(price) from visits where day between ? and ? and note like '%7%9%'"
        body = repr(LOCAL.connection.execute(query, (day, day + 120)).fetchone()).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    keeper = sqlite3.connect(DATABASE, uri=True)
    fill(keeper)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Reports)
    print(server.server_port, flush=True)
    server.serve_forever()
