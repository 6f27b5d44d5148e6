package dev.mooring.party;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;

/**
 * An HTTP server on a free loopback port that records what it receives. Each exchange has a virtual
 * thread of its own, so that a handler may block.
 */
public final class LoopbackServer implements AutoCloseable {

    static {
        // Without it every answer on a kept connection waits 40 ms for a delayed acknowledgement.
        System.setProperty("sun.net.httpserver.nodelay", "true");
    }

    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final List<Received> received = new CopyOnWriteArrayList<>();
    private final Function<Received, Answer> handler;

    private LoopbackServer(HttpServer server, Function<Received, Answer> handler) {
        this.server = server;
        this.handler = handler;
    }

    /** Starts serving with this handler, which may be called by many threads at once. */
    public static LoopbackServer start(Function<Received, Answer> handler) {
        try {
            LoopbackServer started = new LoopbackServer(listen(), handler);
            started.server.setExecutor(started.threads);
            started.server.createContext("/", started::exchange);
            started.server.start();
            return started;
        } catch (IOException noSocket) {
            throw new UncheckedIOException(noSocket);
        }
    }

    private static HttpServer listen() throws IOException {
        Optional<HttpServer> listening = tryToListen();
        while (listening.isEmpty()) {
            listening = tryToListen();
        }
        return listening.get();
    }

    private static Optional<HttpServer> tryToListen() throws IOException {
        InetSocketAddress address =
                new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), LoopbackPorts.next());
        try {
            return Optional.of(HttpServer.create(address, 0));
        } catch (BindException takenMeanwhile) {
            return Optional.empty();
        }
    }

    /** Scheme, host name and port, without a trailing slash. */
    public String origin() {
        return "http://localhost:" + server.getAddress().getPort();
    }

    /** Everything received so far, oldest first. */
    public List<Received> received() {
        return List.copyOf(received);
    }

    /** Stops at once: open answers are cut off, and the port refuses connections. */
    @Override
    public void close() {
        threads.shutdownNow();
        server.stop(0);
    }

    private void exchange(HttpExchange exchange) throws IOException {
        try {
            Received request = Received.from(exchange);
            KnownSecrets.rememberThoseOf(request);
            received.add(request);
            handler.apply(request).send(exchange);
        } catch (InterruptedException closing) {
            Thread.currentThread().interrupt();
            exchange.close();
        } catch (RuntimeException broken) {
            System.getLogger(LoopbackServer.class.getName())
                    .log(System.Logger.Level.ERROR, "A party's handler broke", broken);
            exchange.sendResponseHeaders(500, -1);
            exchange.close();
        }
    }
}
