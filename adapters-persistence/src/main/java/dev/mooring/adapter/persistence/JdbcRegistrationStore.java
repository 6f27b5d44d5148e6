package dev.mooring.adapter.persistence;

import dev.mooring.application.port.RegistrationStore;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.lifecycle.Registration;
import dev.mooring.domain.lifecycle.RegistrationId;
import dev.mooring.domain.oauth.Issuer;
import dev.mooring.domain.oauth.RedirectUri;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Registrations in the table {@code client_registration}. */
final class JdbcRegistrationStore implements RegistrationStore {

    private static final String FIND = "select * from client_registration where id = :id";

    /** Only a statement that forgets the row waits for whoever has locked it like this. */
    private static final String HOLD =
            "select * from client_registration where id = :id for key share";

    private static final String GIVEN =
            """
            select * from client_registration
            where kind = 'given' and entered_for = :entered_for and issuer = :issuer
              and redirect_uri = :redirect_uri
            """;

    private static final String GIVEN_FOR =
            """
            select * from client_registration
            where kind = 'given' and entered_for = :entered_for
            order by id
            """;

    private static final String OWN =
            """
            select * from client_registration
            where kind = :kind and kind <> 'given' and not retired and issuer = :issuer
              and redirect_uri = :redirect_uri
            """;

    private static final String KEEP =
            """
            insert into client_registration (
                id, kind, issuer, redirect_uri, client_id, client_secret, auth_method, retired,
                entered_for, refused_at, secret_expires_at, configuration_endpoint,
                registration_access_token, assertion_key, management_ca)
            values (
                :id, :kind, :issuer, :redirect_uri, :client_id, :client_secret, :auth_method, :retired,
                :entered_for, :refused_at, :secret_expires_at, :configuration_endpoint,
                :registration_access_token, :assertion_key, :management_ca)
            on conflict do nothing
            """;

    /** What we made ourselves and retired stays retired. */
    private static final String REPLACE =
            """
            update client_registration set
                kind = :kind, issuer = :issuer, redirect_uri = :redirect_uri,
                client_id = :client_id, client_secret = :client_secret, auth_method = :auth_method,
                retired = case kind when 'given' then :retired else retired end,
                entered_for = :entered_for, refused_at = :refused_at, secret_expires_at = :secret_expires_at,
                configuration_endpoint = :configuration_endpoint,
                registration_access_token = :registration_access_token,
                assertion_key = :assertion_key, management_ca = :management_ca
            where id = :id
            """;

    private static final String RETIRE =
            "update client_registration set retired = true where id = :id and not retired";

    /** Since when a registration is idle is noticed, and forgotten when it is used again. */
    private static final String NOTICE_IDLE =
            """
            update client_registration one set
                idle_since = case when idle_since is null then clock_timestamp() end
            where kind = 'dynamic' and not retired
              and (idle_since is not null) = (
                exists (select from authorization_attempt where registration_id = one.id)
                or exists (select from oauth_grant where registration_id = one.id))
            """;

    private static final String RETIRE_IDLE =
            """
            update client_registration one set retired = true
            where kind = 'dynamic' and not retired
              and idle_since <= clock_timestamp() - :age_ms * interval '1 millisecond'
              and not exists (select from authorization_attempt where registration_id = one.id)
              and not exists (select from oauth_grant where registration_id = one.id)
            returning id, issuer
            """;

    private static final String FORGETTABLE =
            """
            select id from client_registration one
            where retired and kind <> 'given'
              and retired_at <= clock_timestamp() - :age_ms * interval '1 millisecond'
              and not exists (select from authorization_attempt where registration_id = one.id)
              and not exists (select from oauth_grant where registration_id = one.id)
            order by retired_at limit :limit
            """;

    private static final String LOCK =
            "select id from client_registration where id = :id for update";

    /** A statement of its own after the lock, so that it sees what was added before the lock. */
    private static final String DELETE_UNREFERENCED =
            """
            delete from client_registration
            where id = :id
              and not exists (select from authorization_attempt where registration_id = :id)
              and not exists (select from oauth_grant where registration_id = :id)
            """;

    private final JdbcUnitOfWork unitOfWork;
    private final Statements statements;
    private final SecretCipher cipher;

    JdbcRegistrationStore(JdbcUnitOfWork unitOfWork, SecretCipher cipher) {
        this.unitOfWork = unitOfWork;
        this.statements = new Statements(unitOfWork);
        this.cipher = cipher;
    }

    @Override
    public Optional<Registration> find(RegistrationId id) {
        return one(FIND, new Columns().with("id", id.value())).map(RegistrationRow::toRegistration);
    }

    @Override
    public Optional<Registration> hold(RegistrationId id) {
        return one(HOLD, new Columns().with("id", id.value())).map(RegistrationRow::toRegistration);
    }

    @Override
    public Optional<Registration.Given> given(
            ClientId client, Issuer issuer, RedirectUri redirectUri) {
        return one(GIVEN, at(issuer, redirectUri).with("entered_for", client.value()))
                .map(RegistrationRow::toGiven);
    }

    @Override
    public List<Registration.Given> givenFor(ClientId client) {
        return statements.all(GIVEN_FOR, new Columns().with("entered_for", client.value())).stream()
                .map(row -> RegistrationRow.read(row, cipher).toGiven())
                .toList();
    }

    @Override
    public Optional<Registration.Dynamic> dynamic(Issuer issuer, RedirectUri redirectUri) {
        return own(RegistrationRow.Kind.DYNAMIC, issuer, redirectUri)
                .map(RegistrationRow::toDynamic);
    }

    @Override
    public Optional<Registration.MetadataDocument> metadataDocument(
            Issuer issuer, RedirectUri redirectUri) {
        return own(RegistrationRow.Kind.METADATA_DOCUMENT, issuer, redirectUri)
                .map(RegistrationRow::toMetadataDocument);
    }

    @Override
    public Registration keep(Registration registration) {
        Columns columns = RegistrationRow.of(registration).columns(cipher);
        return unitOfWork.execute(() -> {
            boolean kept = statements.changeOne(KEEP, columns);
            return kept ? registration : sameKey(registration).orElseThrow();
        });
    }

    @Override
    public void replace(Registration registration) {
        statements.changeOne(REPLACE, RegistrationRow.of(registration).columns(cipher));
    }

    @Override
    public boolean retire(RegistrationId id) {
        return statements.changeOne(RETIRE, new Columns().with("id", id.value()));
    }

    @Override
    public List<Retired> retireIdle(Duration idleFor) {
        statements.change(NOTICE_IDLE, new Columns());
        return statements
                .all(RETIRE_IDLE, new Columns().with("age_ms", idleFor.toMillis()))
                .stream()
                .map(row ->
                        new Retired(
                                new RegistrationId(row.text("id")), new Issuer(row.text("issuer"))))
                .toList();
    }

    @Override
    public List<RegistrationId> forgettable(Duration retiredFor, int limit) {
        return statements
                .all(
                        FORGETTABLE,
                        new Columns().with("age_ms", retiredFor.toMillis()).with("limit", limit))
                .stream()
                .map(row -> new RegistrationId(row.text("id")))
                .toList();
    }

    @Override
    public boolean deleteUnreferenced(RegistrationId id) {
        Columns columns = new Columns().with("id", id.value());
        return unitOfWork.execute(() ->
                statements.one(LOCK, columns).isPresent()
                        && statements.changeOne(DELETE_UNREFERENCED, columns));
    }

    private Optional<? extends Registration> sameKey(Registration registration) {
        Issuer issuer = registration.issuer();
        RedirectUri redirectUri = registration.redirectUri();
        return switch (registration) {
            case Registration.Given given -> given(given.enteredFor(), issuer, redirectUri);
            case Registration.MetadataDocument document -> metadataDocument(issuer, redirectUri);
            case Registration.Dynamic dynamic -> dynamic(issuer, redirectUri);
        };
    }

    private Optional<RegistrationRow> own(
            RegistrationRow.Kind kind, Issuer issuer, RedirectUri redirectUri) {
        return one(OWN, at(issuer, redirectUri).with("kind", StoredWord.of(kind)));
    }

    private static Columns at(Issuer issuer, RedirectUri redirectUri) {
        return new Columns()
                .with("issuer", issuer.value())
                .with("redirect_uri", redirectUri.value());
    }

    private Optional<RegistrationRow> one(String sql, Columns columns) {
        return statements.one(sql, columns).map(row -> RegistrationRow.read(row, cipher));
    }
}
