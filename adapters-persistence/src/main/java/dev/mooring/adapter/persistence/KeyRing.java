package dev.mooring.adapter.persistence;

import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

import javax.crypto.SecretKey;

/**
 * The encryption keys that this process has, and which one it seals with. Who opens a secret looks
 * into memory only, as a source may take many seconds and a database connection may be held
 * meanwhile; what was missed is looked for in the source by {@link #lookFor}. Keys are never
 * dropped while the process runs. Thread-safe.
 */
public final class KeyRing {

    private static final System.Logger LOG = System.getLogger(KeyRing.class.getName());

    private static final Duration FIRST_PAUSE = Duration.ofSeconds(4);
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(5);

    /** A damaged secret may name any key, so what is missed needs a bound. */
    private static final int MOST_MISSED = 100;

    private final KeySource source;
    private final LongSupplier nanoTime;
    private final ReentrantLock reading = new ReentrantLock();
    private final Set<String> missed = ConcurrentHashMap.newKeySet();
    private final Map<String, Search> searches = new HashMap<>();
    private volatile EncryptionKeys keys;
    private volatile String currentId;

    /** A key that the source had not when it was read last. */
    private record Search(long endedAt, Duration pause) {
        boolean isDue(long now) {
            return now - endedAt >= pause.toNanos();
        }

        /** Nobody has needed it for long. */
        boolean isGivenUp(long now) {
            return now - endedAt > 2 * LONGEST_PAUSE.toNanos();
        }

        Search again(long now) {
            Duration longer = pause.multipliedBy(2);
            return new Search(now, longer.compareTo(LONGEST_PAUSE) < 0 ? longer : LONGEST_PAUSE);
        }
    }

    private KeyRing(KeySource source, EncryptionKeys keys, LongSupplier nanoTime) {
        this.source = source;
        this.keys = keys;
        this.currentId = keys.firstId();
        this.nanoTime = nanoTime;
    }

    /**
     * Reads the keys of a source.
     *
     * @throws DatabaseUnusableException if they cannot be had
     */
    public static KeyRing read(KeySource source) {
        return read(source, System::nanoTime);
    }

    static KeyRing read(KeySource source, LongSupplier nanoTime) {
        return new KeyRing(source, source.read(), nanoTime);
    }

    String sourceName() {
        return source.name();
    }

    EncryptionKeys keys() {
        return keys;
    }

    String currentId() {
        return currentId;
    }

    /** Seals with this key from now on, which must be among the keys. */
    void sealWith(String id) {
        if (!id.equals(currentId)) {
            if (keys.find(id).isEmpty()) {
                throw new IllegalStateException("No key " + id + " to seal with");
            }
            currentId = id;
            LOG.log(INFO, "Secrets are sealed with the encryption key {0} from now on", id);
        }
    }

    /** The key of this id. Never blocks. */
    Optional<SecretKey> find(String id) {
        Optional<SecretKey> known = keys.find(id);
        if (known.isEmpty() && missed.size() < MOST_MISSED) {
            missed.add(id);
        }
        return known;
    }

    /**
     * Reads the source again if one of these keys, or one that was missed since the last call, is
     * not here; for the same key after pauses that grow to five minutes. May block for as long as
     * the source does, so nobody holds a connection meanwhile.
     */
    void lookFor(Set<String> needed) {
        reading.lock();
        try {
            Set<String> wanted = new HashSet<>(missed);
            missed.removeAll(wanted);
            wanted.addAll(needed);
            wanted.removeAll(keys.ids());
            long now = nanoTime.getAsLong();
            searches.values().removeIf(search -> search.isGivenUp(now));
            searches.forEach((id, search) -> {
                if (!search.isDue(now)) {
                    wanted.remove(id);
                }
            });
            if (!wanted.isEmpty()) {
                readAgain();
                wanted.removeAll(keys.ids());
                long ended = nanoTime.getAsLong();
                wanted.forEach(id ->
                        searches.merge(
                                id,
                                new Search(ended, FIRST_PAUSE),
                                (before, first) -> before.again(ended)));
            }
            searches.keySet().removeAll(keys.ids());
        } finally {
            reading.unlock();
        }
    }

    private void readAgain() {
        try {
            keys = keys.with(source.read());
        } catch (DatabaseUnusableException e) {
            LOG.log(WARNING, "A new encryption key is looked for in vain: {0}", e.getMessage());
        }
    }
}
