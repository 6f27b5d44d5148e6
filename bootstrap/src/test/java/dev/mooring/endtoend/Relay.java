package dev.mooring.endtoend;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A loopback port that leads to another one, which may change: who is told this port finds a server
 * again that has moved. While nobody listens behind it, connections to it break at once.
 */
final class Relay implements AutoCloseable {

    private static final InetAddress LOOPBACK = InetAddress.ofLiteral("127.0.0.1");

    private final ServerSocket entrance;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private volatile int target;

    private Relay(ServerSocket entrance) {
        this.entrance = entrance;
        Thread.ofVirtual().start(this::accept);
    }

    static Relay start() {
        try {
            return new Relay(new ServerSocket(0, 200, LOOPBACK));
        } catch (IOException noSocket) {
            throw new UncheckedIOException(noSocket);
        }
    }

    int port() {
        return entrance.getLocalPort();
    }

    /** Leads there from now on; connections that are open stay where they lead. */
    void leadTo(int port) {
        target = port;
    }

    @Override
    public void close() {
        closeQuietly(entrance);
        open.forEach(Relay::closeQuietly);
    }

    private void accept() {
        while (!entrance.isClosed()) {
            try {
                Socket caller = entrance.accept();
                Thread.ofVirtual().start(() -> connect(caller));
            } catch (IOException closing) {
                // close() ends the loop.
            }
        }
    }

    private void connect(Socket caller) {
        open.add(caller);
        Socket server = new Socket();
        try {
            caller.setOption(StandardSocketOptions.TCP_NODELAY, true);
            server.setOption(StandardSocketOptions.TCP_NODELAY, true);
            server.connect(new InetSocketAddress(LOOPBACK, target));
            open.add(server);
            Thread.ofVirtual().start(() -> pump(server, caller));
            pump(caller, server);
        } catch (IOException nobodyThere) {
            breakOff(caller);
        }
    }

    /** What one side sends goes to the other, until either ends; then both end. */
    private void pump(Socket from, Socket to) {
        try (from;
                to;
                InputStream in = from.getInputStream()) {
            in.transferTo(to.getOutputStream());
        } catch (IOException broken) {
            // Then the connection is over, on both sides.
        } finally {
            open.remove(from);
            open.remove(to);
        }
    }

    /** With a reset, as a port does that nobody listens on. */
    private void breakOff(Socket caller) {
        open.remove(caller);
        try (caller) {
            caller.setOption(StandardSocketOptions.SO_LINGER, 0);
        } catch (IOException alreadyGone) {
            // All the better.
        }
    }

    private static void closeQuietly(AutoCloseable socket) {
        try {
            socket.close();
        } catch (Exception alreadyClosed) {
            // That is what was wanted.
        }
    }
}
