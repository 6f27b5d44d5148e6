package dev.mooring.adapter.persistence;

import dev.mooring.application.port.ApiKeyStore;
import dev.mooring.application.port.AttemptStore;
import dev.mooring.application.port.ClientStore;
import dev.mooring.application.port.ConnectionRuns;
import dev.mooring.application.port.EventLog;
import dev.mooring.application.port.GrantStore;
import dev.mooring.application.port.IdempotencyKeys;
import dev.mooring.application.port.RegistrationStore;
import dev.mooring.application.port.RevocationOutbox;
import dev.mooring.application.port.UnitOfWork;

import java.security.SecureRandom;

/**
 * All the stores over one PostgreSQL database (14 or newer), secrets encrypted. The entry to this
 * module, beside {@link dev.mooring.adapter.persistence.embedded.EmbeddedPostgres}.
 *
 * <p>Any number of nodes may use one database. All methods may be called from any thread; calls to
 * the stores block, and a thousand virtual threads may wait for a few connections.
 */
public final class Persistence implements AutoCloseable {

    private final Database database;
    private final SecretCipher cipher;
    private final Resealing resealing;

    private Persistence(Database database, SecretCipher cipher, Resealing resealing) {
        this.database = database;
        this.cipher = cipher;
        this.resealing = resealing;
    }

    /**
     * Opens the database: checks its version, brings its tables up to date and holds the keys
     * against those it was used with.
     *
     * @param connections the most to hold at a time
     * @throws DatabaseUnusableException if the database cannot be reached or used, or a key that
     *     its secrets need is missing or wrong
     */
    public static Persistence open(
            DatabaseAccess access, int connections, EncryptionKeys keys, SecureRandom random) {
        Database database = Database.open(access, connections, random);
        try {
            JdbcUnitOfWork unitOfWork = database.unitOfWork();
            EncryptionKeyTable keyTable = new EncryptionKeyTable(unitOfWork, keys);
            keyTable.verify();
            SecretCipher cipher = new SecretCipher(keys, random);
            return new Persistence(database, cipher, new Resealing(keyTable, unitOfWork, cipher));
        } catch (RuntimeException e) {
            database.close();
            throw e;
        }
    }

    public UnitOfWork unitOfWork() {
        return database.unitOfWork();
    }

    public ClientStore clients() {
        return new JdbcClientStore(database.unitOfWork(), cipher);
    }

    public AttemptStore attempts() {
        return new JdbcAttemptStore(database.unitOfWork(), cipher);
    }

    public GrantStore grants() {
        return new JdbcGrantStore(database.unitOfWork(), cipher);
    }

    public RegistrationStore registrations() {
        return new JdbcRegistrationStore(database.unitOfWork(), cipher);
    }

    public ConnectionRuns connectionRuns() {
        return new JdbcConnectionRuns(database.unitOfWork());
    }

    public RevocationOutbox revocations() {
        return new JdbcRevocationOutbox(database.unitOfWork(), cipher);
    }

    public IdempotencyKeys idempotencyKeys() {
        return new JdbcIdempotencyKeys(database.unitOfWork());
    }

    public ApiKeyStore apiKeys() {
        return new JdbcApiKeyStore(database.unitOfWork());
    }

    public EventLog events() {
        return new JdbcEventLog(database.unitOfWork());
    }

    /**
     * Seals with the current key what older keys have sealed, and lets the database forget those
     * keys. Costs next to nothing when there is nothing to do; meant to be called now and then.
     */
    public void reseal() {
        resealing.run();
    }

    /** Whether the database answers now; for readiness. */
    public boolean answers() {
        return database.answers();
    }

    /** Closes the pool; waits for nobody. */
    @Override
    public void close() {
        database.close();
    }
}
