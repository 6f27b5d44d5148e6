package dev.mooring.adapter.persistence;

import static java.lang.System.Logger.Level.DEBUG;

import dev.mooring.application.port.ApiKeyStore;
import dev.mooring.application.port.AttemptStore;
import dev.mooring.application.port.ChangeFeed;
import dev.mooring.application.port.ClientStore;
import dev.mooring.application.port.ConnectionRuns;
import dev.mooring.application.port.DeregistrationOutbox;
import dev.mooring.application.port.EventHistory;
import dev.mooring.application.port.EventLog;
import dev.mooring.application.port.GrantStore;
import dev.mooring.application.port.IdempotencyKeys;
import dev.mooring.application.port.Pauses;
import dev.mooring.application.port.RegistrationStore;
import dev.mooring.application.port.RevocationOutbox;
import dev.mooring.application.port.StoreUnavailableException;
import dev.mooring.application.port.UnitOfWork;
import dev.mooring.application.port.WebhookStore;
import dev.mooring.domain.audit.ActingParty;

import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * All the stores over one PostgreSQL database (14 or newer), secrets encrypted. The entry to this
 * module, beside {@link dev.mooring.adapter.persistence.embedded.EmbeddedPostgres}.
 *
 * <p>Any number of nodes may use one database. All methods may be called from any thread; calls to
 * the stores block, and a thousand virtual threads may wait for a few connections.
 */
public final class Persistence implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(Persistence.class.getName());

    private final Database database;
    private final EncryptionKeyTable keys;
    private final SecretCipher cipher;
    private final Resealing resealing;
    private final SharedSecrets sharedSecrets;
    private final PostgresChangeFeed changes;
    private final DatabaseClock clock;
    private volatile Optional<String> resealedWith = Optional.empty();

    private Persistence(
            Database database,
            EncryptionKeyTable keys,
            SecretCipher cipher,
            Resealing resealing,
            SharedSecrets sharedSecrets,
            PostgresChangeFeed changes,
            DatabaseClock clock) {
        this.database = database;
        this.keys = keys;
        this.cipher = cipher;
        this.resealing = resealing;
        this.sharedSecrets = sharedSecrets;
        this.changes = changes;
        this.clock = clock;
    }

    /**
     * Opens the database for a node that serves: checks its version, brings its tables up to date
     * and holds the keys against those it was used with.
     *
     * @param connections the most to hold at a time
     * @throws DatabaseUnusableException if the database cannot be reached or used, or a key that
     *     its secrets need is missing or wrong
     */
    public static Persistence open(
            DatabaseAccess access, int connections, KeyRing keys, SecureRandom random) {
        Database database = Database.open(access, connections, random);
        try {
            JdbcUnitOfWork unitOfWork = database.unitOfWork();
            SealedValues values = new SealedValues(unitOfWork);
            EncryptionKeyTable table = new EncryptionKeyTable(unitOfWork, values, keys, random);
            table.join();
            unitOfWork.whenKeyIsRetired(table::keepInStep);
            SecretCipher cipher = new SecretCipher(keys, random);
            return new Persistence(
                    database,
                    table,
                    cipher,
                    new Resealing(unitOfWork, values, cipher),
                    new SharedSecrets(unitOfWork, cipher, random),
                    new PostgresChangeFeed(access, random),
                    new DatabaseClock(unitOfWork, System::nanoTime));
        } catch (RuntimeException e) {
            database.close();
            throw e;
        }
    }

    /**
     * The time of day, by which all deadlines are set and judged: the database's, so all nodes
     * agree about it whatever the clocks of their machines say. To ask for it costs nothing.
     */
    public InstantSource clock() {
        return clock;
    }

    /** Looks at the database's clock again; meant to be called every five seconds. */
    public void setClock() {
        clock.set();
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

    public Pauses pauses() {
        return new JdbcPauses(database.unitOfWork());
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

    public DeregistrationOutbox deregistrations() {
        return new JdbcDeregistrationOutbox(database.unitOfWork(), cipher);
    }

    public IdempotencyKeys idempotencyKeys() {
        return new JdbcIdempotencyKeys(database.unitOfWork());
    }

    public ApiKeyStore apiKeys() {
        return new JdbcApiKeyStore(database.unitOfWork());
    }

    /**
     * The log of events, which also notifies other nodes of what they may have to act on.
     *
     * @param acting tells who is acting on the calling thread
     */
    public EventLog events(Supplier<ActingParty> acting) {
        return new NotifyingEventLog(
                new JdbcEventLog(database.unitOfWork(), acting),
                new Statements(database.unitOfWork()));
    }

    /** Needs a connection of its own, beside the pool, from when somebody follows it. */
    public ChangeFeed changes() {
        return changes;
    }

    public WebhookStore webhooks() {
        return new JdbcWebhookStore(database.unitOfWork(), cipher);
    }

    public EventHistory history() {
        return new JdbcEventHistory(database.unitOfWork());
    }

    /**
     * A random secret that is the same on all nodes and at all times.
     *
     * @param purpose tells one such secret from another
     * @return 32 bytes in base64
     */
    public String sharedSecret(String purpose) {
        return sharedSecrets.named(purpose);
    }

    /**
     * Takes up a change of encryption keys that was made elsewhere, and tells the others which keys
     * this node has. Meant to be called every five seconds; a node that is silent for half a minute
     * counts as gone.
     */
    public void keepKeysInStep() {
        keys.keepInStep();
    }

    /** Whether this node can open what the others write; for readiness. */
    public boolean hasCurrentKey() {
        try {
            return keys.hasCurrent();
        } catch (StoreUnavailableException e) {
            return false;
        }
    }

    /**
     * Seals with the current key what older keys have sealed. Costs nothing when that was done once
     * since the last change of keys; meant to be called now and then.
     */
    public void reseal() {
        String current = cipher.currentId();
        if (!resealedWith.equals(Optional.of(current)) && resealing.run(n -> {}).left() == 0) {
            resealedWith = Optional.of(current);
        }
    }

    /** Whether the database answers now; for readiness. */
    public boolean answers() {
        return database.answers();
    }

    /** Whether nothing failed lately because the database's disk is full; for readiness. */
    public boolean hasRoom() {
        return database.unitOfWork().hasRoom();
    }

    /** Leaves the nodes and closes the pool; waits for nobody. */
    @Override
    public void close() {
        changes.close();
        try {
            keys.leave();
        } catch (StoreUnavailableException e) {
            LOG.log(DEBUG, "The others will notice by themselves that this node is gone", e);
        }
        database.close();
    }
}
