package dev.mooring.adapter.persistence;

import dev.mooring.application.port.RevocationOutbox;
import dev.mooring.domain.client.TrustedCa;
import dev.mooring.domain.lifecycle.GrantId;
import dev.mooring.domain.lifecycle.Revocation;
import dev.mooring.domain.oauth.AccessToken;
import dev.mooring.domain.oauth.RefreshToken;
import dev.mooring.domain.oauth.Scopes;
import dev.mooring.domain.oauth.TokenSet;

import java.net.URI;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;

/** Owed revocations in the table {@code owed_revocation}. */
final class JdbcRevocationOutbox implements RevocationOutbox {

    /** Taken before the row is made, because it is part of what its secrets are sealed for. */
    private static final String NEXT_NUMBER = "select nextval('owed_revocation_number') as number";

    private static final String ADD =
            """
            insert into owed_revocation (
                number, grant_id, revocation_endpoint, client_id, client_secret, auth_method,
                access_token, refresh_token, expires_at, scopes, trusted_ca, attempts, due_at)
            values (
                :number, :grant_id, :revocation_endpoint, :client_id, :client_secret, :auth_method,
                :access_token, :refresh_token, :expires_at, :scopes, :trusted_ca, 0,
                clock_timestamp())
            """;

    private static final String TAKE =
            """
            update owed_revocation set
                attempts = attempts + 1,
                due_at = clock_timestamp() + :lease_ms * interval '1 millisecond'
            where number in (
                select number from owed_revocation where due_at <= clock_timestamp()
                order by due_at limit :limit for update skip locked)
            returning *
            """;

    private static final String DONE = "delete from owed_revocation where number = :number";

    /** Only by who took it last: after its lease another node may have taken it. */
    private static final String POSTPONE =
            """
            update owed_revocation set
                due_at = clock_timestamp() + :delay_ms * interval '1 millisecond'
            where number = :number and attempts = :attempts
            """;

    private final JdbcUnitOfWork unitOfWork;
    private final Statements statements;
    private final SecretCipher cipher;

    JdbcRevocationOutbox(JdbcUnitOfWork unitOfWork, SecretCipher cipher) {
        this.unitOfWork = unitOfWork;
        this.statements = new Statements(unitOfWork);
        this.cipher = cipher;
    }

    @Override
    public void add(Revocation revocation) {
        unitOfWork.run(() -> {
            long number = statements.one(NEXT_NUMBER, new Columns()).orElseThrow().number("number");
            statements.change(ADD, columns(number, revocation));
        });
    }

    @Override
    public List<Entry> take(int limit, Duration lease) {
        return statements
                .all(TAKE, new Columns().with("limit", limit).with("lease_ms", lease.toMillis()))
                .stream()
                .map(this::entry)
                .sorted(Comparator.comparingLong(Entry::number))
                .toList();
    }

    @Override
    public void done(Entry entry) {
        statements.changeOne(DONE, new Columns().with("number", entry.number()));
    }

    @Override
    public void postpone(Entry entry, Duration delay) {
        statements.changeOne(
                POSTPONE,
                new Columns()
                        .with("number", entry.number())
                        .with("attempts", entry.attempts())
                        .with("delay_ms", delay.toMillis()));
    }

    private Entry entry(Row row) {
        long number = row.number("number");
        String key = Long.toString(number);
        Revocation revocation =
                new Revocation(
                        new GrantId(row.text("grant_id")),
                        URI.create(row.text("revocation_endpoint")),
                        CredentialColumns.read(row, cipher, SealedColumn.REVOCATION_SECRET.of(key)),
                        new TokenSet(
                                new AccessToken(
                                        cipher.open(
                                                row.bytes("access_token"),
                                                SealedColumn.REVOCATION_ACCESS_TOKEN.of(key))),
                                row.optionalBytes("refresh_token")
                                        .map(sealed ->
                                                cipher.open(
                                                        sealed,
                                                        SealedColumn.REVOCATION_REFRESH_TOKEN.of(
                                                                key)))
                                        .map(RefreshToken::new),
                                row.optionalTime("expires_at"),
                                Scopes.parse(row.text("scopes"))),
                        row.optionalText("trusted_ca").map(TrustedCa::new));
        return new Entry(number, revocation, Math.toIntExact(row.number("attempts")));
    }

    private Columns columns(long number, Revocation revocation) {
        String key = Long.toString(number);
        TokenSet tokens = revocation.tokens();
        Columns columns =
                new Columns()
                        .with("number", number)
                        .with("grant_id", revocation.grant().value())
                        .with("revocation_endpoint", revocation.revocationEndpoint().toString())
                        .with(
                                "access_token",
                                cipher.seal(
                                        tokens.accessToken().value(),
                                        SealedColumn.REVOCATION_ACCESS_TOKEN.of(key)))
                        .with(
                                "refresh_token",
                                tokens.refreshToken()
                                        .map(token ->
                                                cipher.seal(
                                                        token.value(),
                                                        SealedColumn.REVOCATION_REFRESH_TOKEN.of(
                                                                key))))
                        .with("expires_at", tokens.expiresAt())
                        .with("scopes", tokens.scopes().parameter().orElse(""))
                        .with("trusted_ca", revocation.trustedCa().map(TrustedCa::pem));
        CredentialColumns.add(
                columns, revocation.credentials(), cipher, SealedColumn.REVOCATION_SECRET.of(key));
        return columns;
    }
}
