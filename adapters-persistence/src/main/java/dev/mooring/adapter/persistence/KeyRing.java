package dev.mooring.adapter.persistence;

import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

import javax.crypto.SecretKey;

/**
 * The encryption keys that this process has, and which one it seals with. A key that is missed is
 * looked for in the source once more before anybody fails: it may have been added since. Keys are
 * never dropped while the process runs. Thread-safe.
 */
public final class KeyRing {

    private static final System.Logger LOG = System.getLogger(KeyRing.class.getName());

    /** Spares the source when many secrets name a key that is lost. */
    private static final Duration PAUSE = Duration.ofSeconds(5);

    private final KeySource source;
    private final ReentrantLock reading = new ReentrantLock();
    private volatile EncryptionKeys keys;
    private volatile String currentId;
    private long readAt;

    private KeyRing(KeySource source, EncryptionKeys keys) {
        this.source = source;
        this.keys = keys;
        this.currentId = keys.firstId();
        this.readAt = System.nanoTime() - 2 * PAUSE.toNanos();
    }

    /**
     * Reads the keys of a source.
     *
     * @throws DatabaseUnusableException if they cannot be had
     */
    public static KeyRing read(KeySource source) {
        return new KeyRing(source, source.read());
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

    /** The key of this id, from the source if need be. */
    Optional<SecretKey> find(String id) {
        Optional<SecretKey> known = keys.find(id);
        return known.isPresent() ? known : readAgainFor(id);
    }

    private Optional<SecretKey> readAgainFor(String id) {
        reading.lock();
        try {
            if (keys.find(id).isEmpty() && System.nanoTime() - readAt > PAUSE.toNanos()) {
                readAt = System.nanoTime();
                keys = keys.with(source.read());
            }
        } catch (DatabaseUnusableException e) {
            LOG.log(WARNING, "A new encryption key is looked for in vain: {0}", e.getMessage());
        } finally {
            reading.unlock();
        }
        return keys.find(id);
    }
}
