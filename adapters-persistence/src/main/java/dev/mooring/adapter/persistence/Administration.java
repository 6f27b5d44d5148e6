package dev.mooring.adapter.persistence;

import dev.mooring.application.port.ApiKeyStore;
import dev.mooring.application.port.EventLog;
import dev.mooring.application.port.UnitOfWork;
import dev.mooring.domain.audit.ActingParty;

import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/**
 * A database as an operator's tool sees it, beside the nodes that serve or without any. Unlike
 * {@link Persistence} it opens whatever the encryption keys are, so that it can tell what is wrong
 * with them.
 */
public final class Administration implements AutoCloseable {

    private static final int CONNECTIONS = 2;

    private final Database database;

    private Administration(Database database) {
        this.database = database;
    }

    /**
     * Opens the database as it is. Only a node that serves brings tables up to date: a tool of
     * another version knows too little of what newer tables hold, and would take older ones away
     * from the nodes that serve.
     *
     * @throws DatabaseOfAnotherVersionException if the tables are not those of this version
     * @throws DatabaseUnusableException if the database cannot be reached or used
     */
    public static Administration open(DatabaseAccess access, RandomGenerator jitter) {
        return new Administration(Database.openAsItIs(access, CONNECTIONS, jitter));
    }

    /** The time of day: the database's, by which the nodes go. */
    public InstantSource clock() {
        return new DatabaseClock(database.unitOfWork(), System::nanoTime);
    }

    public ApiKeyStore apiKeys() {
        return new JdbcApiKeyStore(database.unitOfWork());
    }

    public UnitOfWork unitOfWork() {
        return database.unitOfWork();
    }

    /**
     * The log of events.
     *
     * @param acting tells who is acting on the calling thread
     */
    public EventLog events(Supplier<ActingParty> acting) {
        return new JdbcEventLog(database.unitOfWork(), acting);
    }

    /**
     * The encryption keys of this database.
     *
     * @param source the same that the nodes have
     * @param acting tells who is acting on the calling thread
     * @throws DatabaseUnusableException if the source gives no keys
     */
    public KeyRotation keys(KeySource source, Supplier<ActingParty> acting, SecureRandom random) {
        return new KeyRotation(database.unitOfWork(), source, events(acting), clock(), random);
    }

    @Override
    public void close() {
        database.close();
    }
}
