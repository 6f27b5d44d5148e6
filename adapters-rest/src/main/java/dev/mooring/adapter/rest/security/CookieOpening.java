package dev.mooring.adapter.rest.security;

import dev.mooring.domain.Secret;

import io.helidon.common.crypto.CryptoException;
import io.helidon.security.providers.oidc.common.OidcCookieHandler;

import jakarta.json.Json;
import jakarta.json.JsonReader;
import jakarta.json.JsonReaderFactory;

import java.io.ByteArrayInputStream;
import java.util.Base64;
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
import java.util.function.Supplier;

/**
 * Opens encrypted cookies. Each costs a key derivation, also one that anybody made up, so a few are
 * opened at a time, and one that did not open is not tried again. Safe for use by many threads.
 */
final class CookieOpening {
    static final int MOST_REMEMBERED = 1000;
    private static final JsonReaderFactory JSON = Json.createReaderFactory(Map.of());

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

    /** A quarter of the processors, one at least, and a second to wait for one. */
    CookieOpening() {
        this(Math.max(1, Runtime.getRuntime().availableProcessors() / 4), 1000);
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
            return inTurn(() ->
                            find.apply(headers)
                                    .<Opened>map(Opened.Content::new)
                                    .orElseGet(Opened.Absent::new))
                    .orElseGet(Opened.Busy::new);
        } catch (CryptoException | IllegalArgumentException notOurs) {
            junk.add(digest);
            return new Opened.Junk();
        }
    }

    /** Does something that costs as much as opening one; empty when too many are waiting. */
    <T> Optional<T> inTurn(Supplier<T> work) {
        try {
            if (!turns.tryAcquire(patienceMillis, TimeUnit.MILLISECONDS)) {
                return Optional.empty();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
        try {
            return Optional.of(work.get());
        } finally {
            turns.release();
        }
    }

    /**
     * A text in the object that Helidon puts into a cookie. All of its cookies open with the same
     * key, so it takes a look inside to know whether it is the right one.
     */
    static Optional<String> member(String content, String name) {
        try (JsonReader reader =
                JSON.createReader(new ByteArrayInputStream(Base64.getDecoder().decode(content)))) {
            return Optional.of(reader.readObject().getString(name));
        } catch (RuntimeException another) {
            return Optional.empty();
        }
    }
}
