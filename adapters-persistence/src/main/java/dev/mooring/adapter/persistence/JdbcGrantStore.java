package dev.mooring.adapter.persistence;

import dev.mooring.application.port.GrantStore;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.lifecycle.Grant;
import dev.mooring.domain.lifecycle.GrantId;
import dev.mooring.domain.lifecycle.RegistrationId;

import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Grants in the table {@code oauth_grant}. */
final class JdbcGrantStore implements GrantStore {

    private static final String FIND = "select * from oauth_grant where id = :id";

    private static final String OF_CLIENT =
            "select * from oauth_grant where client_id = :client_id";

    private static final String SERVED_SINCE =
            """
            select id from oauth_grant
            where registration_id = :registration_id and issued_at >= :since limit 1
            """;

    /** Any moment of the window; absent where there is none. */
    private static final String RENEW_AT =
            """
            clock_timestamp() + interval '1 millisecond' * (
                cast(:renew_from_ms as bigint) + random()
                * (cast(:renew_until_ms as bigint) - cast(:renew_from_ms as bigint)))
            """;

    private static final String PUT =
            """
            insert into oauth_grant (
                id, client_id, ordinal, generation, issuer, resource, registration_id,
                token_endpoint, revocation_endpoint, access_token, refresh_token,
                refresh_token_digest, expires_at, scopes, issued_at, refresh_run,
                refresh_sent_digest, refresh_since, lease_until, dpop_key, dpop_required, token_type,
                asked_scopes, renew_at)
            values (
                :id, :client_id, :ordinal, :generation, :issuer, :resource, :registration_id,
                :token_endpoint, :revocation_endpoint, :access_token, :refresh_token,
                :refresh_token_digest, :expires_at, :scopes, :issued_at, :refresh_run,
                :refresh_sent_digest, :refresh_since, null, :dpop_key, :dpop_required, :token_type,
                :asked_scopes, RENEW_AT)
            on conflict (client_id) do update set
                id = excluded.id, ordinal = excluded.ordinal, generation = excluded.generation,
                issuer = excluded.issuer, resource = excluded.resource,
                registration_id = excluded.registration_id,
                token_endpoint = excluded.token_endpoint,
                revocation_endpoint = excluded.revocation_endpoint,
                access_token = excluded.access_token, refresh_token = excluded.refresh_token,
                refresh_token_digest = excluded.refresh_token_digest,
                expires_at = excluded.expires_at, scopes = excluded.scopes,
                issued_at = excluded.issued_at, refresh_run = excluded.refresh_run,
                refresh_sent_digest = excluded.refresh_sent_digest,
                refresh_since = excluded.refresh_since, lease_until = null,
                dpop_key = excluded.dpop_key, dpop_required = excluded.dpop_required,
                token_type = excluded.token_type, asked_scopes = excluded.asked_scopes,
                renew_at = excluded.renew_at
            """
                    .replace("RENEW_AT", RENEW_AT);

    private static final String DELETE = "delete from oauth_grant where id = :id";

    private static final String LEASE =
            """
            with free as materialized (
                select id, lease_until is not null as from_dead_run from oauth_grant
                where id = :id and generation = :generation
                  and (lease_until is null or lease_until <= clock_timestamp())
                  and refresh_run is not distinct from cast(:seen_run as text)
                for no key update)
            update oauth_grant set
                refresh_run = :refresh_run, refresh_sent_digest = :refresh_sent_digest,
                refresh_since = :refresh_since,
                lease_until = clock_timestamp() + :lease_ms * interval '1 millisecond'
            from free where oauth_grant.id = free.id
            returning from_dead_run
            """;

    /**
     * Whoever gave the digest away sent this very token; later tokens have another. A grant that is
     * asked for anew may have none, and is told by its generation.
     */
    private static final String STORE_REFRESHED =
            """
            update oauth_grant set
                generation = :generation, access_token = :access_token,
                refresh_token = :refresh_token, refresh_token_digest = :refresh_token_digest,
                expires_at = :expires_at, scopes = :scopes, issued_at = :issued_at,
                refresh_run = :refresh_run, refresh_sent_digest = :refresh_sent_digest,
                refresh_since = :refresh_since, lease_until = null, token_type = :token_type,
                asked_scopes = :asked_scopes, renew_at = RENEW_AT
            where id = :id and generation = :sent_generation
              and coalesce(refresh_token_digest, '') = :sent_digest
            """
                    .replace("RENEW_AT", RENEW_AT);

    private static final String RELEASE =
            """
            update oauth_grant set
                refresh_run = null, refresh_sent_digest = null, refresh_since = null,
                lease_until = null
            where id = :id and generation = :generation and refresh_run = :refresh_run
              and lease_until is not null
            """;

    private static final String KEEP_INTENT =
            """
            update oauth_grant set lease_until = null
            where id = :id and generation = :generation and refresh_run = :refresh_run
              and lease_until is not null
            """;

    private static final String IS_SEEN =
            """
            select coalesce(lease_until > clock_timestamp(), false) as leased
            from oauth_grant where id = :id and generation = :generation
            """;

    /** How many of those that are due the longest are looked at before others get a turn. */
    private static final int WINDOW = 64;

    /** After its pause an endpoint is not asked for all its grants at one moment. */
    private static final String WHERE_NOBODY_PAUSES =
            """
            not exists (
                select from token_endpoint_pause as pause
                where pause.token_endpoint = due.token_endpoint
                  and pause.until > clock_timestamp() - (hashtext(due.id) & 65535) / 65536.0
                                                        * interval '1 minute')
            and not exists (
                select from client_pause as pause
                where pause.client_id = due.client_id and pause.until > clock_timestamp())
            """;

    /** Only rows whose lock is free, as they are once they are locked. */
    private static final String TAKE_CHOSEN =
            """
            , taken as materialized (
                select id from oauth_grant
                where id = any (array(select id from chosen))
                  and renew_at <= (select clock_timestamp())
                for no key update skip locked)
            update oauth_grant set
                renew_at = clock_timestamp() + :hold_ms * interval '1 millisecond'
            from taken where oauth_grant.id = taken.id
            returning oauth_grant.id, generation, client_id, token_endpoint
            """;

    /**
     * Looked for once, and not for each row, as the database is free to do with a subquery.
     *
     * <p>The grants of paused and crowded endpoints may be very many and come first. So no more
     * than a window of them is looked at.
     */
    static final String TAKE_DUE =
            """
            with due as materialized (
                select id, client_id, token_endpoint, renew_at from oauth_grant
                where renew_at <= (select clock_timestamp())
                order by renew_at limit WINDOW),
            chosen as materialized (
                select id from due
                where mooring_origin(token_endpoint) <> all (cast(:except as text[]))
                  and WHERE_NOBODY_PAUSES
                order by renew_at limit :most)
            """
                            .replace("WINDOW", "" + WINDOW)
                            .replace("WHERE_NOBODY_PAUSES", WHERE_NOBODY_PAUSES)
                    + TAKE_CHOSEN;

    /**
     * Where the window is full of those that are left out: from endpoint to endpoint, by one look
     * into the index for each, and past what is due at the paused and crowded ones.
     */
    static final String TAKE_DUE_ELSEWHERE =
            """
            with recursive endpoint as (
                (select token_endpoint from oauth_grant
                 where renew_at is not null
                   and WINDOW <= (
                       select count(*) from (
                           select from oauth_grant where renew_at <= (select clock_timestamp())
                           limit WINDOW) as due)
                 order by token_endpoint limit 1)
                union all
                select (
                    select token_endpoint from oauth_grant
                    where renew_at is not null
                      and oauth_grant.token_endpoint > endpoint.token_endpoint
                    order by token_endpoint limit 1)
                from endpoint where endpoint.token_endpoint is not null),
            chosen as materialized (
                select due.id from endpoint cross join lateral (
                    select id, renew_at from oauth_grant as due
                    where due.token_endpoint = endpoint.token_endpoint
                      and renew_at <= (select clock_timestamp())
                      and WHERE_NOBODY_PAUSES
                    order by renew_at limit :most) as due
                where mooring_origin(endpoint.token_endpoint) <> all (cast(:except as text[]))
                  and not exists (
                      select from token_endpoint_pause as pause
                      where pause.token_endpoint = endpoint.token_endpoint
                        and pause.until > clock_timestamp())
                order by due.renew_at limit :most)
            """
                            .replace("WINDOW", "" + WINDOW)
                            .replace("WHERE_NOBODY_PAUSES", WHERE_NOBODY_PAUSES)
                    + TAKE_CHOSEN;

    private static final String RENEW_LATER =
            """
            update oauth_grant set
                renew_at = clock_timestamp()
                    + cast(:delay_ms as bigint) * interval '1 millisecond'
            where id = :id and generation = :generation
            """;

    private final JdbcUnitOfWork unitOfWork;
    private final Statements statements;
    private final SecretCipher cipher;

    JdbcGrantStore(JdbcUnitOfWork unitOfWork, SecretCipher cipher) {
        this.unitOfWork = unitOfWork;
        this.statements = new Statements(unitOfWork);
        this.cipher = cipher;
    }

    @Override
    public Optional<Grant> find(GrantId id) {
        return one(FIND, new Columns().with("id", id.value()));
    }

    @Override
    public Optional<Grant> ofClient(ClientId client) {
        return one(OF_CLIENT, new Columns().with("client_id", client.value()));
    }

    @Override
    public boolean servedSince(RegistrationId registration, Instant since) {
        return statements
                .one(
                        SERVED_SINCE,
                        new Columns()
                                .with("registration_id", registration.value())
                                .with("since", since))
                .isPresent();
    }

    @Override
    public void put(Grant grant) {
        statements.change(PUT, new GrantRow(grant).columns(cipher));
    }

    @Override
    public boolean delete(GrantId id) {
        return statements.changeOne(DELETE, new Columns().with("id", id.value()));
    }

    @Override
    public Lease lease(Grant seen, Grant intended, Duration lease) {
        Columns columns = holding(intended);
        Grant.RefreshIntent intent = intended.refresh().orElseThrow();
        columns.with("refresh_sent_digest", intent.refreshTokenDigest())
                .with("refresh_since", intent.since())
                .with("seen_run", seen.refresh().map(earlier -> earlier.run().value()))
                .with("lease_ms", lease.toMillis());
        return unitOfWork.execute(() -> {
            Optional<Row> taken = statements.one(LEASE, columns);
            if (taken.isPresent()) {
                return new Lease.Taken(taken.get().flag("from_dead_run"));
            }
            return statements.one(IS_SEEN, columns).filter(row -> row.flag("leased")).isPresent()
                    ? new Lease.Busy()
                    : new Lease.Outdated();
        });
    }

    @Override
    public Storing storeRefreshed(Grant intended, Grant refreshed) {
        Columns columns =
                new GrantRow(refreshed)
                        .columns(cipher)
                        .with("sent_generation", intended.generation())
                        .with("sent_digest", intended.refresh().orElseThrow().refreshTokenDigest());
        return unitOfWork.execute(() -> {
            if (statements.changeOne(STORE_REFRESHED, columns)) {
                return new Storing.Stored();
            }
            return statements.one(OF_CLIENT, columns).isPresent()
                    ? new Storing.Superseded()
                    : new Storing.Gone();
        });
    }

    @Override
    public boolean release(Grant intended) {
        return statements.changeOne(RELEASE, holding(intended));
    }

    @Override
    public boolean keepIntent(Grant intended) {
        return statements.changeOne(KEEP_INTENT, holding(intended));
    }

    @Override
    public Optional<Grant> awaitRefresh(Grant seen, Duration patience) {
        Columns columns =
                new Columns().with("id", seen.id().value()).with("generation", seen.generation());
        Patience.ask(
                patience,
                () ->
                        statements
                                        .one(IS_SEEN, columns)
                                        .filter(row -> row.flag("leased"))
                                        .isPresent()
                                ? Optional.empty()
                                : Optional.of(true));
        return ofClient(seen.client());
    }

    @Override
    public List<Due> takeDue(int most, Set<String> except, Duration hold) {
        Columns columns =
                new Columns()
                        .with("most", most)
                        .with("hold_ms", hold.toMillis())
                        .with("except", except.toArray(String[]::new));
        List<Due> due = take(TAKE_DUE, columns);
        return due.isEmpty() ? take(TAKE_DUE_ELSEWHERE, columns) : due;
    }

    private List<Due> take(String sql, Columns columns) {
        return statements.all(sql, columns).stream()
                .map(row ->
                        new Due(
                                new GrantId(row.text("id")),
                                row.number("generation"),
                                new ClientId(row.text("client_id")),
                                URI.create(row.text("token_endpoint"))))
                .toList();
    }

    @Override
    public void renewLater(Due due, Optional<Duration> delay) {
        statements.changeOne(
                RENEW_LATER,
                new Columns()
                        .with("id", due.grant().value())
                        .with("generation", due.generation())
                        .with("delay_ms", delay.map(Duration::toMillis)));
    }

    private static Columns holding(Grant intended) {
        return new Columns()
                .with("id", intended.id().value())
                .with("generation", intended.generation())
                .with("refresh_run", intended.refresh().orElseThrow().run().value());
    }

    private Optional<Grant> one(String sql, Columns columns) {
        return statements.one(sql, columns).map(row -> GrantRow.read(row, cipher).grant());
    }
}
