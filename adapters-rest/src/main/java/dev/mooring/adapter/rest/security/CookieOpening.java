package dev.mooring.adapter.rest.security;

import dev.mooring.domain.Secret;

import io.helidon.common.crypto.CryptoException;
import io.helidon.security.providers.oidc.common.OidcCookieHandler;

import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * Opens encrypted cookies. Each costs a key derivation, also one that anybody made up, so a few are
 * opened at a time, and one that did not open is not tried again. Safe for use by many threads.
 */
final class CookieOpening {
    static final int MOST_REMEMBERED = 1000;

    private final Semaphore turns;
    private final long patienceMillis;
    private final Set<String> junk =
            Collections.synchronizedSet(
                    Collections.newSetFromMap(
                            new LinkedHashMap<>() {
                                @Override
                                protected boolean removeEldestEntry(
                                        Map.Entry<String, Boolean> eldest) {
                                    return size() > MOST_REMEMBERED;
                                }
                            }));

    /** Half of the processors, and a second to wait for one. */
    CookieOpening() {
        this(Math.max(1, Runtime.getRuntime().availableProcessors() / 2), 1000);
    }

    /**
     * With limits of one's own.
     *
     * @param atOnce how many are opened at a time
     * @param patienceMillis how long one waits for its turn
     */
    CookieOpening(int atOnce, long patienceMillis) {
        this.turns = new Semaphore(atOnce, true);
        this.patienceMillis = patienceMillis;
    }

    /** What came of it. */
    sealed interface Opened {
        record Content(String value) implements Opened {
            @Override
            public String toString() {
                return Secret.REDACTED;
            }
        }

        record Absent() implements Opened {}

        /** It is not ours, or was changed. */
        record Junk() implements Opened {}

        /** Too many are waiting. */
        record Busy() implements Opened {}
    }

    Opened open(OidcCookieHandler cookie, Map<String, List<String>> headers) {
        return open(cookie.cookieName(), headers, cookie::findCookie);
    }

    Opened open(
            String name,
            Map<String, List<String>> headers,
            Function<Map<String, List<String>>, Optional<String>> find) {
        String cookies = String.join("\n", headers.getOrDefault("Cookie", List.of()));
        // A name that is not there costs nothing to look for.
        if (!cookies.contains(name)) {
            return new Opened.Absent();
        }
        String digest = HexFormat.of().formatHex(Secret.sha256(name + "\n" + cookies));
        if (junk.contains(digest)) {
            return new Opened.Junk();
        }
        try {
            if (!turns.tryAcquire(patienceMillis, TimeUnit.MILLISECONDS)) {
                return new Opened.Busy();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Opened.Busy();
        }
        try {
            return find.apply(headers)
                    .<Opened>map(Opened.Content::new)
                    .orElseGet(Opened.Absent::new);
        } catch (CryptoException | IllegalArgumentException notOurs) {
            junk.add(digest);
            return new Opened.Junk();
        } finally {
            turns.release();
        }
    }
}
