package dev.mooring.adapter.rest.edge;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataReader;
import io.helidon.common.buffers.DataWriter;
import io.helidon.common.concurrency.limits.Limit;
import io.helidon.common.socket.HelidonSocket;
import io.helidon.common.socket.PeerInfo;
import io.helidon.common.task.InterruptableTask;
import io.helidon.http.Headers;
import io.helidon.http.HttpPrologue;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.ListenerContext;
import io.helidon.webserver.ProxyProtocolData;
import io.helidon.webserver.Router;
import io.helidon.webserver.http1.Http1Config;
import io.helidon.webserver.http1.Http1ConnectionListener;
import io.helidon.webserver.http1.Http1ConnectionSelector;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;

import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;

/**
 * Makes Helidon's HTTP/1.1 connections, with a deadline for the headers they receive and for
 * everything they send, and remembers them, so that a stop can end the idle ones at once and let
 * the busy ones end with their request. Helidon itself interrupts those that are idle when the stop
 * begins, and waits out the whole grace period for one that becomes idle later.
 */
public final class Connections implements ServerConnectionSelector {
    private final ServerConnectionSelector http1;
    private final TransferDeadline sending;
    private final Set<Remembered> open = ConcurrentHashMap.newKeySet();

    /**
     * Makes connections of this kind.
     *
     * @param receiving how long the headers of a request may take
     * @param sending how long a peer may take to accept what it is sent at once
     */
    public Connections(
            Http1Config.Builder config, TransferDeadline receiving, TransferDeadline sending) {
        this.sending = sending;
        http1 =
                Http1ConnectionSelector.builder()
                        .config(config.addReceiveListener(new HeadersDeadline(receiving)).build())
                        .build();
    }

    /** Ends idle connections now and busy ones after the answer they are at. */
    public void endWhenIdle() {
        open.forEach(connection -> connection.close(false));
    }

    @Override
    public int bytesToIdentifyConnection() {
        return http1.bytesToIdentifyConnection();
    }

    @Override
    public Support supports(BufferData data) {
        return http1.supports(data);
    }

    @Override
    public Set<String> supportedApplicationProtocols() {
        return http1.supportedApplicationProtocols();
    }

    @Override
    public ServerConnection connection(ConnectionContext context) {
        DataWriter writer = new PunctualWriter(context.dataWriter(), sending);
        return new Remembered(http1.connection(new Punctual(context, writer)));
    }

    private final class Remembered implements ServerConnection, InterruptableTask<Void> {
        private final ServerConnection connection;

        private Remembered(ServerConnection connection) {
            this.connection = connection;
        }

        @Override
        public void handle(Limit limit) throws InterruptedException {
            open.add(this);
            try {
                connection.handle(limit);
            } finally {
                open.remove(this);
            }
        }

        @Override
        public boolean canInterrupt() {
            return connection instanceof InterruptableTask<?> task && task.canInterrupt();
        }

        @Override
        public Duration idleTime() {
            // Helidon counts from the start of the last request, however long that takes.
            return canInterrupt() ? connection.idleTime() : Duration.ZERO;
        }

        @Override
        public void close(boolean interrupt) {
            connection.close(interrupt);
        }
    }

    private record HeadersDeadline(TransferDeadline deadline) implements Http1ConnectionListener {
        @Override
        public void prologue(ConnectionContext context, HttpPrologue prologue) {
            deadline.begin();
        }

        @Override
        public void headers(ConnectionContext context, Headers headers) {
            deadline.end();
        }
    }

    /** Writes what Helidon's writer writes, but not for ever. */
    private record PunctualWriter(DataWriter writer, TransferDeadline deadline)
            implements DataWriter {
        @Override
        public void write(BufferData... buffers) {
            within(() -> writer.write(buffers));
        }

        @Override
        public void write(BufferData buffer) {
            within(() -> writer.write(buffer));
        }

        @Override
        public void writeNow(BufferData... buffers) {
            within(() -> writer.writeNow(buffers));
        }

        @Override
        public void writeNow(BufferData buffer) {
            within(() -> writer.writeNow(buffer));
        }

        private void within(Runnable writing) {
            deadline.within(() -> {
                writing.run();
                return true;
            });
        }
    }

    /** Helidon's context with another writer. */
    private record Punctual(ConnectionContext context, DataWriter dataWriter)
            implements ConnectionContext {
        @Override
        public ListenerContext listenerContext() {
            return context.listenerContext();
        }

        @Override
        public ExecutorService executor() {
            return context.executor();
        }

        @Override
        public DataReader dataReader() {
            return context.dataReader();
        }

        @Override
        public Router router() {
            return context.router();
        }

        @Override
        public Optional<ProxyProtocolData> proxyProtocolData() {
            return context.proxyProtocolData();
        }

        @Override
        public HelidonSocket serverSocket() {
            return context.serverSocket();
        }

        @Override
        public PeerInfo remotePeer() {
            return context.remotePeer();
        }

        @Override
        public PeerInfo localPeer() {
            return context.localPeer();
        }

        @Override
        public boolean isSecure() {
            return context.isSecure();
        }

        @Override
        public String socketId() {
            return context.socketId();
        }

        @Override
        public String childSocketId() {
            return context.childSocketId();
        }
    }
}
