package dev.mooring.adapter.persistence;

import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.lifecycle.Grant;
import dev.mooring.domain.lifecycle.GrantId;
import dev.mooring.domain.lifecycle.RegistrationId;
import dev.mooring.domain.lifecycle.RenewalWindow;
import dev.mooring.domain.lifecycle.RunId;
import dev.mooring.domain.oauth.Issuer;
import dev.mooring.domain.oauth.RefreshToken;
import dev.mooring.domain.oauth.ResourceIdentifier;
import dev.mooring.domain.oauth.Scopes;

import java.net.URI;
import java.util.Optional;

/** A row of {@code oauth_grant}; the lease on it is not part of the grant. */
record GrantRow(Grant grant) {

    static GrantRow read(Row row, SecretCipher cipher) {
        String id = row.text("id");
        RowSecrets secrets = new RowSecrets(cipher, id);
        return new GrantRow(
                new Grant(
                        new GrantId(id),
                        new ClientId(row.text("client_id")),
                        Math.toIntExact(row.number("ordinal")),
                        row.number("generation"),
                        new Issuer(row.text("issuer")),
                        new ResourceIdentifier(row.text("resource")),
                        new RegistrationId(row.text("registration_id")),
                        BindingColumns.read(row, secrets, SealedColumn.GRANT_DPOP_KEY),
                        URI.create(row.text("token_endpoint")),
                        row.optionalText("revocation_endpoint").map(URI::create),
                        TokenColumns.read(
                                row,
                                secrets,
                                SealedColumn.GRANT_ACCESS_TOKEN,
                                SealedColumn.GRANT_REFRESH_TOKEN),
                        readAsked(row),
                        readIntent(row),
                        row.time("issued_at")));
    }

    /** What an earlier version stored was content with what it was given. */
    private static Scopes readAsked(Row row) {
        return Scopes.parse(row.optionalText("asked_scopes").orElseGet(() -> row.text("scopes")));
    }

    private static Optional<Grant.RefreshIntent> readIntent(Row row) {
        return row.optionalText("refresh_run")
                .map(run ->
                        new Grant.RefreshIntent(
                                new RunId(run),
                                row.text("refresh_sent_digest"),
                                row.time("refresh_since")));
    }

    /** Every column but the lease, and the window from which the time of the renewal is chosen. */
    Columns columns(SecretCipher cipher) {
        Optional<Grant.RefreshIntent> intent = grant.refresh();
        Optional<RenewalWindow> renewal = grant.renewalWindow();
        Columns columns =
                new Columns()
                        .with("id", grant.id().value())
                        .with("client_id", grant.client().value())
                        .with("ordinal", grant.ordinal())
                        .with("generation", grant.generation())
                        .with("issuer", grant.issuer().value())
                        .with("resource", grant.resource().value())
                        .with("registration_id", grant.registration().value())
                        .with("token_endpoint", grant.tokenEndpoint().toString())
                        .with("revocation_endpoint", grant.revocationEndpoint().map(URI::toString))
                        .with(
                                "refresh_token_digest",
                                grant.tokens().refreshToken().map(RefreshToken::sha256))
                        .with("asked_scopes", grant.asked().parameter().orElse(""))
                        .with("issued_at", grant.issuedAt())
                        .with("refresh_run", intent.map(i -> i.run().value()))
                        .with(
                                "refresh_sent_digest",
                                intent.map(Grant.RefreshIntent::refreshTokenDigest))
                        .with("refresh_since", intent.map(Grant.RefreshIntent::since))
                        .with("renew_from_ms", renewal.map(window -> window.opens().toMillis()))
                        .with("renew_until_ms", renewal.map(window -> window.closes().toMillis()));
        RowSecrets secrets = new RowSecrets(cipher, grant.id().value());
        BindingColumns.add(
                columns, Optional.of(grant.binding()), secrets, SealedColumn.GRANT_DPOP_KEY);
        TokenColumns.add(
                columns,
                grant.tokens(),
                secrets,
                SealedColumn.GRANT_ACCESS_TOKEN,
                SealedColumn.GRANT_REFRESH_TOKEN);
        return columns;
    }
}
