package dev.mooring.adapter.persistence;

import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.client.TrustedCa;
import dev.mooring.domain.lifecycle.Registration;
import dev.mooring.domain.lifecycle.Registration.Dynamic;
import dev.mooring.domain.lifecycle.Registration.Given;
import dev.mooring.domain.lifecycle.Registration.MetadataDocument;
import dev.mooring.domain.lifecycle.RegistrationId;
import dev.mooring.domain.oauth.ClientCredentials;
import dev.mooring.domain.oauth.Issuer;
import dev.mooring.domain.oauth.RedirectUri;
import dev.mooring.domain.oauth.RegistrationAccessToken;

import java.net.URI;
import java.time.Instant;
import java.util.Optional;

/**
 * A row of {@code client_registration}. Whether one of our own is retired is not part of it; of one
 * that was entered, {@code retired} says that it binds the credentials no more.
 *
 * @param enteredFor whose it is, when an operator entered it
 * @param refusedAt when the server refused what was entered last
 */
record RegistrationRow(
        RegistrationId id,
        Kind kind,
        Issuer issuer,
        RedirectUri redirectUri,
        ClientCredentials credentials,
        Optional<ClientId> enteredFor,
        boolean retired,
        Optional<Instant> refusedAt,
        Optional<Instant> secretExpiresAt,
        Optional<Registration.Management> management) {

    enum Kind {
        GIVEN,
        METADATA_DOCUMENT,
        DYNAMIC
    }

    static RegistrationRow of(Registration registration) {
        return switch (registration) {
            case Given given ->
                    of(
                            given,
                            Kind.GIVEN,
                            Optional.of(given.enteredFor()),
                            !given.binding(),
                            given.refusedAt(),
                            Optional.empty(),
                            Optional.empty());
            case MetadataDocument document ->
                    of(
                            document,
                            Kind.METADATA_DOCUMENT,
                            Optional.empty(),
                            false,
                            Optional.empty(),
                            Optional.empty(),
                            Optional.empty());
            case Dynamic dynamic ->
                    of(
                            dynamic,
                            Kind.DYNAMIC,
                            Optional.empty(),
                            false,
                            Optional.empty(),
                            dynamic.secretExpiresAt(),
                            dynamic.management());
        };
    }

    private static RegistrationRow of(
            Registration registration,
            Kind kind,
            Optional<ClientId> enteredFor,
            boolean retired,
            Optional<Instant> refusedAt,
            Optional<Instant> secretExpiresAt,
            Optional<Registration.Management> management) {
        return new RegistrationRow(
                registration.id(),
                kind,
                registration.issuer(),
                registration.redirectUri(),
                registration.credentials(),
                enteredFor,
                retired,
                refusedAt,
                secretExpiresAt,
                management);
    }

    Registration toRegistration() {
        return switch (kind) {
            case GIVEN -> toGiven();
            case METADATA_DOCUMENT -> toMetadataDocument();
            case DYNAMIC -> toDynamic();
        };
    }

    /** For a row that is known to be of this kind. */
    Given toGiven() {
        return new Given(
                id,
                issuer,
                redirectUri,
                credentials,
                enteredFor.orElseThrow(),
                !retired,
                refusedAt);
    }

    /** For a row that is known to be of this kind. */
    MetadataDocument toMetadataDocument() {
        return new MetadataDocument(id, issuer, redirectUri, credentials);
    }

    /** For a row that is known to be of this kind. */
    Dynamic toDynamic() {
        return new Dynamic(id, issuer, redirectUri, credentials, secretExpiresAt, management);
    }

    static RegistrationRow read(Row row, SecretCipher cipher) {
        String id = row.text("id");
        RowSecrets secrets = new RowSecrets(cipher, id);
        return new RegistrationRow(
                new RegistrationId(id),
                StoredWord.parse(Kind.class, row.text("kind")),
                new Issuer(row.text("issuer")),
                new RedirectUri(row.text("redirect_uri")),
                CredentialColumns.read(
                        row,
                        secrets,
                        SealedColumn.REGISTRATION_SECRET,
                        SealedColumn.REGISTRATION_KEY),
                row.optionalText("entered_for").map(ClientId::new),
                row.flag("retired"),
                row.optionalTime("refused_at"),
                row.optionalTime("secret_expires_at"),
                secrets.open(row, SealedColumn.REGISTRATION_TOKEN)
                        .map(RegistrationAccessToken::new)
                        .map(token ->
                                new Registration.Management(
                                        URI.create(row.text("configuration_endpoint")),
                                        token,
                                        row.optionalText("management_ca").map(TrustedCa::new))));
    }

    /** Every column. */
    Columns columns(SecretCipher cipher) {
        RowSecrets secrets = new RowSecrets(cipher, id.value());
        Columns columns =
                new Columns()
                        .with("id", id.value())
                        .with("kind", StoredWord.of(kind))
                        .with("issuer", issuer.value())
                        .with("redirect_uri", redirectUri.value())
                        .with("entered_for", enteredFor.map(ClientId::value))
                        .with("retired", retired)
                        .with("refused_at", refusedAt)
                        .with("secret_expires_at", secretExpiresAt)
                        .with(
                                "configuration_endpoint",
                                management.map(m -> m.configurationEndpoint().toString()))
                        .with(
                                "management_ca",
                                management
                                        .flatMap(Registration.Management::trustedCa)
                                        .map(TrustedCa::pem));
        CredentialColumns.add(
                columns,
                credentials,
                secrets,
                SealedColumn.REGISTRATION_SECRET,
                SealedColumn.REGISTRATION_KEY);
        secrets.seal(
                columns,
                SealedColumn.REGISTRATION_TOKEN,
                management.map(Registration.Management::accessToken));
        return columns;
    }
}
