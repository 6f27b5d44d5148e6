package dev.mooring.bootstrap;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayDeque;
import java.util.Deque;

/** What was opened so far, to be closed in the opposite order, whatever happens on the way. */
final class Opened implements AutoCloseable {
    private static final Logger LOGGER = System.getLogger(Opened.class.getName());

    private final Deque<AutoCloseable> opened = new ArrayDeque<>();

    synchronized <T extends AutoCloseable> T add(T closeable) {
        opened.push(closeable);
        return closeable;
    }

    @Override
    public synchronized void close() {
        while (!opened.isEmpty()) {
            AutoCloseable next = opened.pop();
            try {
                next.close();
            } catch (Exception e) {
                LOGGER.log(Level.WARNING, next.getClass().getSimpleName() + " did not close", e);
            }
        }
    }
}
