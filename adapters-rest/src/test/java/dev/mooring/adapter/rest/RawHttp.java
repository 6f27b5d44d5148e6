package dev.mooring.adapter.rest;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** Sends bytes as they are and reads one answer: for requests that no HTTP client would send. */
public final class RawHttp implements AutoCloseable {
    private final Socket socket;
    private final InputStream in;

    /** What came back; header names in lower case. */
    public record Reply(int status, Map<String, String> headers, String text) {
        public String header(String name) {
            return headers.getOrDefault(name.toLowerCase(Locale.ROOT), "");
        }
    }

    public RawHttp(int port) throws IOException {
        socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(30_000);
        in = socket.getInputStream();
    }

    /** One request on a connection of its own. */
    public static Reply exchange(int port, String request) throws IOException {
        try (RawHttp connection = new RawHttp(port)) {
            connection.send(request);
            return connection.read(request.startsWith("HEAD"));
        }
    }

    public void send(String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
        socket.getOutputStream().flush();
    }

    public Reply read(boolean ofHead) throws IOException {
        String statusLine = line();
        if (statusLine.isEmpty()) {
            throw new EOFException("No answer");
        }
        Map<String, String> headers = new LinkedHashMap<>();
        for (String line = line(); !line.isEmpty(); line = line()) {
            int colon = line.indexOf(':');
            headers.merge(
                    line.substring(0, colon).toLowerCase(Locale.ROOT),
                    line.substring(colon + 1).strip(),
                    (one, other) -> one + ", " + other);
        }
        int length = ofHead ? 0 : Integer.parseInt(headers.getOrDefault("content-length", "0"));
        return new Reply(
                Integer.parseInt(statusLine.substring(9, 12)),
                headers,
                new String(in.readNBytes(length), StandardCharsets.UTF_8));
    }

    /** Whether the server ends the connection, which a read that times out denies. */
    public boolean isClosedByServer() throws IOException {
        try {
            return in.read() < 0;
        } catch (SocketException reset) {
            return true;
        }
    }

    /** All that still comes until the server ends the connection. */
    public String rest() throws IOException {
        return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }

    private String line() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int c = in.read(); c >= 0 && c != '\n'; c = in.read()) {
            if (c != '\r') {
                line.write(c);
            }
        }
        return line.toString(StandardCharsets.ISO_8859_1);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
