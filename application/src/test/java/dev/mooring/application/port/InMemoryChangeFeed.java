package dev.mooring.application.port;

import dev.mooring.domain.client.ClientId;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Tells of each unit of work that appended events, as soon as it is done, until it is made deaf.
 */
public final class InMemoryChangeFeed implements ChangeFeed {
    private final List<Listener> listeners = new CopyOnWriteArrayList<>();
    private volatile boolean live = true;

    @Override
    public void follow(Listener listener) {
        listeners.add(listener);
        listener.mayHaveMissed();
    }

    @Override
    public boolean isLive() {
        return live;
    }

    /** Goes away, or is back. */
    public void live(boolean back) {
        live = back;
        if (back) {
            listeners.forEach(Listener::mayHaveMissed);
        }
    }

    void tell(List<ClientId> changed) {
        if (live) {
            listeners.forEach(listener -> changed.forEach(listener::changed));
        }
    }
}
