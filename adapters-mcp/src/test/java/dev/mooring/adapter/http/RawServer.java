package dev.mooring.adapter.http;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A loopback server that says on a socket what a test tells it to, well-behaved or not. Keeps
 * connections open until the script closes them or the client does.
 */
public final class RawServer implements AutoCloseable {

    /** What to do with one request: write an answer, or not. */
    @FunctionalInterface
    public interface Script {
        void answer(Exchange exchange) throws IOException;
    }

    /** One request that came in, and the connection it came on. */
    public record Exchange(String head, String body, Socket socket, int connection) {

        /** The path and query of the request line. */
        public String target() {
            return head.split(" ", 3)[1];
        }

        /** The value of a header of the request, or an empty string. */
        public String header(String name) {
            return head.lines()
                    .skip(1)
                    .filter(line ->
                            line.toLowerCase(Locale.ROOT)
                                    .startsWith(name.toLowerCase(Locale.ROOT) + ":"))
                    .map(line -> line.substring(name.length() + 1).strip())
                    .findFirst()
                    .orElse("");
        }

        /** Writes text as it is and flushes it. */
        public void write(String text) throws IOException {
            OutputStream out = socket.getOutputStream();
            out.write(text.getBytes(StandardCharsets.ISO_8859_1));
            out.flush();
        }

        /** The header of an answer, whose body the test writes by itself. */
        public void head(String... lines) throws IOException {
            write(String.join("\r\n", lines) + "\r\n\r\n");
        }

        /** A complete answer; {@code headers} are whole lines without their line ends. */
        public void reply(int status, String body, String... headers) throws IOException {
            StringBuilder head = new StringBuilder("HTTP/1.1 " + status + " X\r\n");
            List.of(headers).forEach(line -> head.append(line).append("\r\n"));
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            write(head + "Content-Length: " + bytes.length + "\r\n\r\n");
            socket.getOutputStream().write(bytes);
            socket.getOutputStream().flush();
        }
    }

    private final ServerSocket listener;
    private final Script script;
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();
    private final List<Exchange> exchanges = new CopyOnWriteArrayList<>();
    private final AtomicInteger connections = new AtomicInteger();

    private RawServer(ServerSocket listener, Script script) {
        this.listener = listener;
        this.script = script;
        Thread.ofVirtual().start(this::accept);
    }

    /** On a random port of 127.0.0.1. */
    public static RawServer start(Script script) {
        try {
            return new RawServer(
                    new ServerSocket(0, 50, InetAddress.ofLiteral("127.0.0.1")), script);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** On the given listener, for TLS. */
    public static RawServer start(ServerSocket listener, Script script) {
        return new RawServer(listener, script);
    }

    public int port() {
        return listener.getLocalPort();
    }

    public URI uri(String target) {
        return URI.create("http://localhost:" + port() + target);
    }

    /** How many connections were accepted so far. */
    public int connections() {
        return connections.get();
    }

    /** What was asked so far. */
    public List<Exchange> exchanges() {
        return List.copyOf(exchanges);
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket socket = listener.accept();
                sockets.add(socket);
                int number = connections.incrementAndGet();
                Thread.ofVirtual().start(() -> serve(socket, number));
            } catch (IOException e) {
                // closed: the loop ends
            }
        }
    }

    private void serve(Socket socket, int number) {
        try (socket) {
            socket.setTcpNoDelay(true);
            InputStream in = socket.getInputStream();
            while (!socket.isClosed()) {
                String head = head(in);
                Exchange bare = new Exchange(head, "", socket, number);
                String length = bare.header("Content-Length");
                byte[] body = in.readNBytes(length.isEmpty() ? 0 : Integer.parseInt(length));
                Exchange exchange =
                        new Exchange(
                                head, new String(body, StandardCharsets.UTF_8), socket, number);
                exchanges.add(exchange);
                script.answer(exchange);
            }
        } catch (IOException e) {
            // the client went away
        }
    }

    private static String head(InputStream in) throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        String end = "\r\n\r\n";
        int matched = 0;
        while (matched < end.length()) {
            int next = in.read();
            if (next < 0) {
                throw new EOFException();
            }
            head.write(next);
            matched = next == end.charAt(matched) ? matched + 1 : next == '\r' ? 1 : 0;
        }
        return head.toString(StandardCharsets.ISO_8859_1);
    }

    @Override
    public void close() {
        try {
            listener.close();
            for (Socket socket : sockets) {
                socket.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
