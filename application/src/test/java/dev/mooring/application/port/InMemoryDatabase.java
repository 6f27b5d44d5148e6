package dev.mooring.application.port;

import dev.mooring.domain.access.ApiKey;
import dev.mooring.domain.access.ApiKeyId;
import dev.mooring.domain.audit.AuditRecord;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.lifecycle.AuthorizationAttempt;
import dev.mooring.domain.lifecycle.ClientEvent;
import dev.mooring.domain.lifecycle.Deregistration;
import dev.mooring.domain.lifecycle.FlowId;
import dev.mooring.domain.lifecycle.Grant;
import dev.mooring.domain.lifecycle.McpClient;
import dev.mooring.domain.lifecycle.Registration;
import dev.mooring.domain.lifecycle.RegistrationId;
import dev.mooring.domain.lifecycle.Revocation;
import dev.mooring.domain.lifecycle.RunId;
import dev.mooring.domain.oauth.Origin;
import dev.mooring.domain.webhook.WebhookId;

import java.lang.reflect.Field;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * All the stores in memory, for tests and for trying things out: one lock, real rollback, and a
 * clock of its own by which leases are judged. Passes the same contracts as the database.
 */
public final class InMemoryDatabase implements UnitOfWork {
    private final ReentrantLock lock = new ReentrantLock(true);
    private final Condition changed = lock.newCondition();
    private final InstantSource clock;
    private final Waiting way;
    private final AtomicInteger waiting = new AtomicInteger();
    private Tables tables = new Tables();

    private final NumberedDpopKeys dpopKeys = new NumberedDpopKeys();
    private final CountingRenewalMeter renewalMeter = new CountingRenewalMeter();
    private final CountingDebtMeter debtMeter = new CountingDebtMeter();
    private final InMemoryChangeFeed changes = new InMemoryChangeFeed();

    public InMemoryDatabase(InstantSource clock) {
        this.clock = clock;
        this.way = this::awaitChange;
    }

    /** One in which the callers of {@code await...} wait in another way than by the wall clock. */
    public InMemoryDatabase(InstantSource clock, Waiting way) {
        this.clock = clock;
        this.way = way;
    }

    /** How a caller waits for what others will do. */
    @FunctionalInterface
    public interface Waiting {
        /** Returns when the condition holds, or the patience is over. */
        void await(Duration patience, BooleanSupplier condition);
    }

    /** A lease of a connection run, or what it came to. */
    record Run(
            ClientId client,
            RunId id,
            Instant leaseUntil,
            Optional<ConnectionRuns.Outcome> outcome) {}

    /** When nobody holds the grant's lease any more. */
    record GrantLease(RunId run, Instant until) {}

    record Owed<T>(long number, T owed, int attempts, int excused, Instant since, Instant dueAt) {
        Owed<T> attempted(Instant leaseUntil) {
            return new Owed<>(number, owed, attempts + 1, excused, since, leaseUntil);
        }

        Owed<T> postponed(Instant until, int excuses) {
            return new Owed<>(number, owed, attempts, excused + excuses, since, until);
        }
    }

    record RememberedUntil(IdempotencyKeys.Remembered remembered, Instant until) {}

    /** The rows; copied at the start of each unit of work. */
    static final class Tables {
        final Map<ClientId, Stored<McpClient>> clients = new LinkedHashMap<>();
        final Map<FlowId, AuthorizationAttempt> attempts = new LinkedHashMap<>();
        final Map<ClientId, Grant> grants = new LinkedHashMap<>();
        final Map<ClientId, GrantLease> grantLeases = new LinkedHashMap<>();
        final Map<ClientId, Instant> renewals = new LinkedHashMap<>();
        final Map<ClientId, Instant> connections = new LinkedHashMap<>();
        final Map<ClientId, InMemoryPauses.Begun> clientPauses = new LinkedHashMap<>();
        final Map<URI, InMemoryPauses.Begun> endpointPauses = new LinkedHashMap<>();
        final Map<RegistrationId, Registration> registrations = new LinkedHashMap<>();
        final Map<RegistrationId, Instant> retired = new LinkedHashMap<>();
        final Map<RunId, Run> runs = new LinkedHashMap<>();
        final Map<ClientId, RunId> newestRun = new LinkedHashMap<>();
        final Map<Long, Owed<Revocation>> revocations = new LinkedHashMap<>();
        final Map<Long, Owed<Deregistration>> deregistrations = new LinkedHashMap<>();
        final Map<Origin, Instant> owedPauses = new LinkedHashMap<>();
        final Map<RegistrationId, Instant> idle = new LinkedHashMap<>();
        final Map<String, RememberedUntil> idempotency = new LinkedHashMap<>();
        final Map<ApiKeyId, ApiKey> keys = new LinkedHashMap<>();
        final List<ClientEvent> events = new ArrayList<>();
        final List<AuditRecord> trail = new ArrayList<>();
        final Map<WebhookId, InMemoryWebhookStore.Kept> webhooks = new LinkedHashMap<>();
        long lastNumber;

        Tables copy() {
            Tables copy = new Tables();
            copy.clients.putAll(clients);
            copy.attempts.putAll(attempts);
            copy.grants.putAll(grants);
            copy.grantLeases.putAll(grantLeases);
            copy.renewals.putAll(renewals);
            copy.connections.putAll(connections);
            copy.clientPauses.putAll(clientPauses);
            copy.endpointPauses.putAll(endpointPauses);
            copy.registrations.putAll(registrations);
            copy.retired.putAll(retired);
            copy.runs.putAll(runs);
            copy.newestRun.putAll(newestRun);
            copy.revocations.putAll(revocations);
            copy.deregistrations.putAll(deregistrations);
            copy.owedPauses.putAll(owedPauses);
            copy.idle.putAll(idle);
            copy.idempotency.putAll(idempotency);
            copy.keys.putAll(keys);
            copy.events.addAll(events);
            copy.trail.addAll(trail);
            copy.webhooks.putAll(webhooks);
            copy.lastNumber = lastNumber;
            return copy;
        }
    }

    @Override
    public <T> T execute(Supplier<T> work) {
        if (lock.isHeldByCurrentThread()) {
            return work.get();
        }
        List<ClientId> told = new ArrayList<>();
        T result = commit(work, told);
        changes.tell(told);
        return result;
    }

    /** Nobody is told of changes before they are there for all to see. */
    private <T> T commit(Supplier<T> work, List<ClientId> told) {
        lock.lock();
        try {
            Tables before = tables.copy();
            boolean done = false;
            try {
                T result = work.get();
                done = true;
                tables.events.stream()
                        .skip(before.events.size())
                        .map(ClientEvent::client)
                        .distinct()
                        .forEach(told::add);
                return result;
            } finally {
                if (!done) {
                    tables = before;
                }
                changed.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    /** The rows; only inside {@link #execute}. */
    Tables tables() {
        if (!lock.isHeldByCurrentThread()) {
            throw new IllegalStateException("Only inside a unit of work");
        }
        return tables;
    }

    boolean inUnitOfWork() {
        return lock.isHeldByCurrentThread();
    }

    Instant now() {
        return clock.instant();
    }

    /** Waits until the condition holds, at most {@code patience}. */
    void await(Duration patience, BooleanSupplier condition) {
        way.await(patience, condition);
    }

    /** Asks again after each change, and now and then because leases end by themselves. */
    private void awaitChange(Duration patience, BooleanSupplier condition) {
        long deadline = System.nanoTime() + patience.toNanos();
        waiting.incrementAndGet();
        lock.lock();
        try {
            while (!condition.getAsBoolean() && System.nanoTime() < deadline) {
                changed.await(20, TimeUnit.MILLISECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            lock.unlock();
            waiting.decrementAndGet();
        }
    }

    /** How many wait now for what somebody else is doing. */
    public int waiting() {
        return waiting.get();
    }

    /** What the foreign keys of a database see to. */
    static void requireReferred(boolean there, Object what) {
        if (!there) {
            throw new IllegalStateException("There is no " + what + " to refer to");
        }
    }

    /**
     * All that decides how things go on, that is everything but the log of events: two databases
     * with equal rows are in the same state.
     */
    public Object rows() {
        return execute(() ->
                Arrays.stream(Tables.class.getDeclaredFields())
                        .filter(table -> table.getType().equals(Map.class))
                        .map(table -> Map.copyOf((Map<?, ?>) read(table)))
                        .toList());
    }

    private Object read(Field table) {
        try {
            return table.get(tables);
        } catch (IllegalAccessException e) {
            throw new LinkageError("The tables are our own", e);
        }
    }

    /** What is owed to authorization servers, in the order in which it was added. */
    public List<Revocation> owed() {
        return execute(() -> tables.revocations.values().stream().map(Owed::owed).toList());
    }

    /** Everything that happened, in order. */
    public List<ClientEvent> events() {
        return execute(() -> List.copyOf(tables.events));
    }

    /** The feed of all nodes. */
    public InMemoryChangeFeed changes() {
        return changes;
    }

    /** The same as the audit trail tells it, with what was done to Mooring itself. */
    public List<AuditRecord> trail() {
        return execute(() -> List.copyOf(tables.trail));
    }

    /** What was counted of renewals, on all nodes. */
    public CountingRenewalMeter renewalMeter() {
        return renewalMeter;
    }

    /** What was counted of what is owed, on all nodes. */
    public CountingDebtMeter debtMeter() {
        return debtMeter;
    }

    /** The stores among the ports, with the given wire side. */
    public Ports ports(
            AuthorizationServerDiscovery discovery,
            ClientRegistrar registrar,
            TokenEndpoint tokenEndpoint,
            RevocationEndpoint revocationEndpoint,
            AssertionFiles assertionFiles,
            McpConnector connector) {
        return new Ports(
                this,
                new InMemoryClientStore(this),
                new InMemoryAttemptStore(this),
                new InMemoryGrantStore(this),
                new InMemoryPauses(this),
                new InMemoryRegistrationStore(this),
                new InMemoryConnectionRuns(this),
                new InMemoryRevocationOutbox(this),
                new InMemoryDeregistrationOutbox(this),
                new InMemoryIdempotencyKeys(this),
                new InMemoryApiKeyStore(this),
                new InMemoryEventLog(this),
                changes,
                new InMemoryEventLog(this),
                new InMemoryWebhookStore(this),
                new WillingWebhookReceiver(),
                discovery,
                registrar,
                dpopKeys,
                tokenEndpoint,
                revocationEndpoint,
                assertionFiles,
                connector,
                renewalMeter,
                debtMeter);
    }
}
