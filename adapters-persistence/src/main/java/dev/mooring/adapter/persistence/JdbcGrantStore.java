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
            update oauth_grant set
                refresh_run = :refresh_run, refresh_sent_digest = :refresh_sent_digest,
                refresh_since = :refresh_since,
                lease_until = clock_timestamp() + :lease_ms * interval '1 millisecond'
            where id = :id and generation = :generation
              and (lease_until is null or lease_until <= clock_timestamp())
              and refresh_run is not distinct from cast(:seen_run as text)
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

    /** Looked for once, and not for each row, as the database is free to do with a subquery. */
    private static final String TAKE_DUE =
            """
            with due as materialized (
                select id from oauth_grant
                where renew_at <= (select clock_timestamp())
                  and token_endpoint <> all (cast(:except as text[]))
                order by renew_at limit :most for no key update skip locked)
            update oauth_grant set
                renew_at = clock_timestamp() + :hold_ms * interval '1 millisecond'
            from due where oauth_grant.id = due.id
            returning oauth_grant.id, generation, client_id, token_endpoint
            """;

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
            if (statements.changeOne(LEASE, columns)) {
                return new Lease.Taken();
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
    public List<Due> takeDue(int most, Set<URI> except, Duration hold) {
        return statements
                .all(
                        TAKE_DUE,
                        new Columns()
                                .with("most", most)
                                .with("hold_ms", hold.toMillis())
                                .with(
                                        "except",
                                        except.stream().map(URI::toString).toArray(String[]::new)))
                .stream()
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
