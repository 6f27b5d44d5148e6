package dev.mooring.adapter.persistence;

import dev.mooring.domain.client.TrustedCa;
import dev.mooring.domain.lifecycle.Debt;
import dev.mooring.domain.lifecycle.Deregistration;
import dev.mooring.domain.lifecycle.Registration.Management;
import dev.mooring.domain.lifecycle.RegistrationId;
import dev.mooring.domain.oauth.Origin;
import dev.mooring.domain.oauth.RegistrationAccessToken;

import java.net.URI;
import java.util.Optional;

/** What a row of {@code owed_deregistration} is about. */
record DeregistrationRow(long number, Deregistration deregistration) {

    /** Touches no secret. */
    static Debt debt(Row row) {
        return new Debt.OfRegistration(
                new RegistrationId(row.text("registration_id")), new Origin(row.text("origin")));
    }

    static DeregistrationRow read(Row row, SecretCipher cipher) {
        long number = row.number("number");
        RowSecrets secrets = new RowSecrets(cipher, Long.toString(number));
        return new DeregistrationRow(
                number,
                new Deregistration(
                        new RegistrationId(row.text("registration_id")),
                        new Management(
                                URI.create(row.text("configuration_endpoint")),
                                new RegistrationAccessToken(
                                        secrets.open(row, SealedColumn.DEREGISTRATION_TOKEN)
                                                .orElseThrow()),
                                row.optionalText("trusted_ca").map(TrustedCa::new))));
    }

    Columns columns(SecretCipher cipher) {
        Management management = deregistration.management();
        Columns columns =
                new Columns()
                        .with("number", number)
                        .with("registration_id", deregistration.registration().value())
                        .with(
                                "configuration_endpoint",
                                management.configurationEndpoint().toString())
                        .with("trusted_ca", management.trustedCa().map(TrustedCa::pem));
        new RowSecrets(cipher, Long.toString(number))
                .seal(
                        columns,
                        SealedColumn.DEREGISTRATION_TOKEN,
                        Optional.of(management.accessToken()));
        return columns;
    }
}
