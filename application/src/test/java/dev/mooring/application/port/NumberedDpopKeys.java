package dev.mooring.application.port;

import dev.mooring.domain.oauth.DpopKey;

/** The n-th key is {@code key-n}, and its thumbprint {@code jkt-of-key-n}. */
public final class NumberedDpopKeys implements DpopKeys {
    private int made;

    @Override
    public synchronized DpopKey generate() {
        made++;
        return new DpopKey("key-" + made);
    }

    @Override
    public String thumbprint(DpopKey key) {
        return jkt(key);
    }

    static String jkt(DpopKey key) {
        return "jkt-of-" + key.value();
    }

    /** How many there are. */
    public synchronized int made() {
        return made;
    }
}
