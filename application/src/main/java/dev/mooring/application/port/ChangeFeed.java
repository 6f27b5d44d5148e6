package dev.mooring.application.port;

import dev.mooring.domain.client.ClientId;

/**
 * Tells this process of clients that were changed, on whatever node, soon after the change was
 * committed. It may be away for a time, and what happened then is not told afterwards.
 */
public interface ChangeFeed {
    /**
     * Begins to tell; once. The listener is called by one thread at a time, which it must not keep
     * waiting.
     */
    void follow(Listener listener);

    /** Whether it tells of changes now; while it does not, they have to be looked for. */
    boolean isLive();

    /** Who is told. */
    interface Listener {
        /** Something about this client changed that other nodes may have to act on. */
        void changed(ClientId client);

        /** Changes may have been missed: the feed is live from now on. */
        void mayHaveMissed();
    }
}
