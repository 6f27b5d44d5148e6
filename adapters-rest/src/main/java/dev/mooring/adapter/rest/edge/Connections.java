package dev.mooring.adapter.rest.edge;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.concurrency.limits.Limit;
import io.helidon.common.task.InterruptableTask;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.http1.Http1Config;
import io.helidon.webserver.http1.Http1ConnectionSelector;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Makes Helidon's HTTP/1.1 connections and remembers them, so that a stop can end the idle ones at
 * once and let the busy ones end with their request. Helidon itself interrupts those that are idle
 * when the stop begins, and waits out the whole grace period for one that becomes idle later.
 */
public final class Connections implements ServerConnectionSelector {
    private final ServerConnectionSelector http1;
    private final Set<Remembered> open = ConcurrentHashMap.newKeySet();

    public Connections(Http1Config config) {
        http1 = Http1ConnectionSelector.builder().config(config).build();
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
        return new Remembered(http1.connection(context));
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
            return connection.idleTime();
        }

        @Override
        public void close(boolean interrupt) {
            connection.close(interrupt);
        }
    }
}
