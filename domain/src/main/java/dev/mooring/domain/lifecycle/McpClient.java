package dev.mooring.domain.lifecycle;

import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.client.ClientSettings;
import dev.mooring.domain.mcp.Inventory;

import java.time.Instant;
import java.util.Optional;

/**
 * Our record of one MCP server that we are a client of, in one state of its life.
 *
 * <pre>{@code
 * Pending --grantStored--> Authorized --connected--> Connected <--disconnected/connected--> Disconnected
 *                              |                         |                                      |
 *                              '-- needsReauthorization -+--------------------------------------'
 *                                            v
 *                                  NeedsReauthorization --grantStored--> Authorized
 *
 * Connected --grantStored--> Connected      (a new consent while the old grant served)
 * any of these --disable--> Disabled --enable--> the same again
 * }</pre>
 *
 * <p>A client of an open server, or of one with static headers, is only ever {@link Connected},
 * {@link Disconnected} or {@link Disabled}. Connected means that the server accepted us and listed
 * its tools; live connections belong to a process, come and go, and are not part of this.
 */
public sealed interface McpClient {
    ClientDetails details();

    /** The same state with other settings; the caller decides first whether the grant survives. */
    McpClient withSettings(ClientSettings settings);

    /**
     * The same client after its connection was changed: what was learnt from the server counts no
     * more, and whether it accepts us is open again.
     */
    McpClient unconnected();

    /** The grant that serves now, if there is one. */
    Optional<GrantId> grant();

    /** What the server offered when it was last asked. */
    Optional<Inventory> inventory();

    /** What went wrong last, if nothing has worked since. */
    Optional<Failure> lastFailure();

    /**
     * When to connect without anybody who asks for it: to try again, or to list the tools anew.
     * What is past is due. Empty: never.
     */
    default Optional<Instant> connectAt() {
        return Optional.empty();
    }

    /** A grant was stored for this client; it replaces the one before. */
    McpClient grantStored(GrantId grant);

    /** The grant is gone and only a person can bring a new one. */
    McpClient needsReauthorization(ReauthorizationCause cause, Instant at);

    default ClientId id() {
        return details().id();
    }

    default ClientSettings settings() {
        return details().settings();
    }

    /** A client that may be used, as far as its state allows. */
    sealed interface Enabled extends McpClient {
        @Override
        Enabled withSettings(ClientSettings settings);

        @Override
        Enabled unconnected();

        @Override
        Enabled grantStored(GrantId grant);

        @Override
        Enabled needsReauthorization(ReauthorizationCause cause, Instant at);

        default Disabled disable() {
            return new Disabled(this);
        }
    }

    /**
     * A client that has the right to connect: what {@code complete-oauth} and reconnecting need.
     */
    sealed interface Connectable extends Enabled {
        Access access();

        /** The server accepted us and listed its tools. */
        Connected connected(Inventory inventory, Instant at);

        /** Connecting failed; the right to connect is untouched and the next try may succeed. */
        Connectable connectionFailed(Problem problem, Instant at);

        @Override
        Connectable withSettings(ClientSettings settings);

        @Override
        Connectable grantStored(GrantId grant);

        @Override
        default Optional<GrantId> grant() {
            return access().grantId();
        }
    }

    /**
     * Registered; nobody has consented yet.
     *
     * @param lastFailure why there is no grant yet, where nobody has to consent and it was asked
     *     for
     */
    record Pending(ClientDetails details, Optional<Failure> lastFailure) implements Enabled {
        /** Nothing was tried yet. */
        public Pending(ClientDetails details) {
            this(details, Optional.empty());
        }

        /** What failed with other settings may work with these. */
        @Override
        public Pending withSettings(ClientSettings settings) {
            boolean same = settings.auth().equals(details.settings().auth());
            return new Pending(details.with(settings), lastFailure.filter(failure -> same));
        }

        @Override
        public Pending unconnected() {
            return new Pending(details);
        }

        /** No grant came; it may come the next time. */
        public Pending grantFailed(Problem problem, Instant at) {
            return new Pending(details, Optional.of(Failure.after(lastFailure, problem, at)));
        }

        @Override
        public Optional<GrantId> grant() {
            return Optional.empty();
        }

        @Override
        public Optional<Inventory> inventory() {
            return Optional.empty();
        }

        @Override
        public Authorized grantStored(GrantId grant) {
            return new Authorized(details, grant, Optional.empty(), Optional.empty());
        }

        /** There is no grant to lose: still pending. */
        @Override
        public Pending needsReauthorization(ReauthorizationCause cause, Instant at) {
            return this;
        }
    }

    /**
     * A grant is stored; the server has not accepted it yet.
     *
     * @param inventory what the server offered under an earlier grant
     */
    record Authorized(
            ClientDetails details,
            GrantId grantId,
            Optional<Inventory> inventory,
            Optional<Failure> lastFailure)
            implements Connectable {
        @Override
        public Access access() {
            return new Access.Granted(grantId);
        }

        @Override
        public Authorized withSettings(ClientSettings settings) {
            return new Authorized(details.with(settings), grantId, inventory, lastFailure);
        }

        @Override
        public Authorized unconnected() {
            return new Authorized(details, grantId, Optional.empty(), Optional.empty());
        }

        @Override
        public Connected connected(Inventory inventory, Instant at) {
            return new Connected(details, access(), inventory, at);
        }

        @Override
        public Authorized connectionFailed(Problem problem, Instant at) {
            return new Authorized(
                    details,
                    grantId,
                    inventory,
                    Optional.of(Failure.after(lastFailure, problem, at)));
        }

        @Override
        public Authorized grantStored(GrantId grant) {
            return new Authorized(details, grant, inventory, Optional.empty());
        }

        @Override
        public NeedsReauthorization needsReauthorization(ReauthorizationCause cause, Instant at) {
            return new NeedsReauthorization(details, cause, at, inventory);
        }
    }

    /** The server accepted us and listed its tools. */
    record Connected(ClientDetails details, Access access, Inventory current, Instant since)
            implements Connectable {
        @Override
        public Connected withSettings(ClientSettings settings) {
            return new Connected(details.with(settings), access, current, since);
        }

        @Override
        public Disconnected unconnected() {
            return new Disconnected(details, access, Optional.empty(), Optional.empty());
        }

        @Override
        public Optional<Inventory> inventory() {
            return Optional.of(current);
        }

        @Override
        public Optional<Failure> lastFailure() {
            return Optional.empty();
        }

        @Override
        public Optional<Instant> connectAt() {
            return details.settings().toolSyncInterval().map(current.listedAt()::plus);
        }

        /** The tools were listed again; we are connected since as long as before. */
        @Override
        public Connected connected(Inventory inventory, Instant at) {
            return new Connected(details, access, inventory, since);
        }

        @Override
        public Disconnected connectionFailed(Problem problem, Instant at) {
            return new Disconnected(
                    details, access, Optional.of(current), Optional.of(new Failure(problem, at)));
        }

        /** The old grant served until now; the new one takes over without a gap. */
        @Override
        public Connected grantStored(GrantId grant) {
            return new Connected(details, new Access.Granted(grant), current, since);
        }

        @Override
        public Enabled needsReauthorization(ReauthorizationCause cause, Instant at) {
            return endOf(this, cause, at);
        }
    }

    /**
     * The server is away or refuses to talk; the grant, if one is needed, is fine.
     *
     * @param lastFailure absent for a client that was not tried since it was made disabled or its
     *     connection was changed
     */
    record Disconnected(
            ClientDetails details,
            Access access,
            Optional<Inventory> inventory,
            Optional<Failure> lastFailure)
            implements Connectable {
        @Override
        public Disconnected withSettings(ClientSettings settings) {
            return new Disconnected(details.with(settings), access, inventory, lastFailure);
        }

        /** At once where nothing was tried yet. */
        @Override
        public Optional<Instant> connectAt() {
            return lastFailure
                    .map(failure -> failure.retryAt(details.id()))
                    .or(() -> Optional.of(details.createdAt()));
        }

        @Override
        public Disconnected unconnected() {
            return new Disconnected(details, access, Optional.empty(), Optional.empty());
        }

        @Override
        public Connected connected(Inventory inventory, Instant at) {
            return new Connected(details, access, inventory, at);
        }

        @Override
        public Disconnected connectionFailed(Problem problem, Instant at) {
            return new Disconnected(
                    details,
                    access,
                    inventory,
                    Optional.of(Failure.after(lastFailure, problem, at)));
        }

        @Override
        public Disconnected grantStored(GrantId grant) {
            return new Disconnected(details, new Access.Granted(grant), inventory, lastFailure);
        }

        @Override
        public Enabled needsReauthorization(ReauthorizationCause cause, Instant at) {
            return endOf(this, cause, at);
        }
    }

    /** The grant ended and only a person can bring a new one. */
    record NeedsReauthorization(
            ClientDetails details,
            ReauthorizationCause cause,
            Instant since,
            Optional<Inventory> inventory)
            implements Enabled {
        /** Whether the other is the same loss of the same grant. */
        public boolean endedAs(Enabled other) {
            return other instanceof NeedsReauthorization before
                    && before.since.equals(since)
                    && before.cause.equals(cause);
        }

        @Override
        public NeedsReauthorization withSettings(ClientSettings settings) {
            return new NeedsReauthorization(details.with(settings), cause, since, inventory);
        }

        @Override
        public NeedsReauthorization unconnected() {
            return new NeedsReauthorization(details, cause, since, Optional.empty());
        }

        @Override
        public Optional<GrantId> grant() {
            return Optional.empty();
        }

        @Override
        public Optional<Failure> lastFailure() {
            return Optional.empty();
        }

        @Override
        public Authorized grantStored(GrantId grant) {
            return new Authorized(details, grant, inventory, Optional.empty());
        }

        /** It ended before; the newest cause is the one a person should read. */
        @Override
        public NeedsReauthorization needsReauthorization(ReauthorizationCause cause, Instant at) {
            return new NeedsReauthorization(details, cause, since, inventory);
        }
    }

    /** An operator switched the client off; what it was is kept, and so is its grant. */
    record Disabled(Enabled suspended) implements McpClient {
        @Override
        public ClientDetails details() {
            return suspended.details();
        }

        @Override
        public Disabled withSettings(ClientSettings settings) {
            return new Disabled(suspended.withSettings(settings));
        }

        @Override
        public Disabled unconnected() {
            return new Disabled(suspended.unconnected());
        }

        @Override
        public Optional<GrantId> grant() {
            return suspended.grant();
        }

        @Override
        public Optional<Inventory> inventory() {
            return suspended.inventory();
        }

        @Override
        public Optional<Failure> lastFailure() {
            return suspended.lastFailure();
        }

        @Override
        public Disabled grantStored(GrantId grant) {
            return new Disabled(suspended.grantStored(grant));
        }

        @Override
        public Disabled needsReauthorization(ReauthorizationCause cause, Instant at) {
            return new Disabled(suspended.needsReauthorization(cause, at));
        }

        public Enabled enable() {
            return suspended;
        }
    }

    private static Enabled endOf(Connectable client, ReauthorizationCause cause, Instant at) {
        return switch (client.access()) {
            case Access.Granted granted ->
                    new NeedsReauthorization(client.details(), cause, at, client.inventory());
            // No person can help where there is no grant: the server refuses what an operator gave.
            case Access.Open open ->
                    client.connectionFailed(
                            new Problem(
                                    Problem.Code.CREDENTIALS_REFUSED,
                                    "The MCP server refused the configured headers"),
                            at);
        };
    }
}
