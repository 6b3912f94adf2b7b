#pragma once

#include <string_view>

namespace fakes {

/// The account key of the worked examples: its private scalar is the SHA-256 of
/// `acme-spoa example account key`. Everybody knows it: never use it.
inline constexpr std::string_view example_account_key = R"(-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgNTKCTLUESnKZSdpk
aBZf91KOaXr0Ft5Z3Ui3p0NXiH+hRANCAATQbwmhvv2emZBGtd9z49RMA4QGKj8W
2KA6tAEvvGqrJHFnuXGRpxr1JL8rMu/HX9dEzMY3WaoPbalJm1oKqf3t
-----END PRIVATE KEY-----
)";
inline constexpr std::string_view example_jwk =
    R"({"crv":"P-256","kty":"EC","x":"0G8Job79npmQRrXfc-PUTAOEBio_FtigOrQBL7xqqyQ",)"
    R"("y":"cWe5cZGnGvUkvysy78df10TMxjdZqg9tqUmbWgqp_e0"})";
inline constexpr std::string_view example_thumbprint =
    "znfVoBqCUCWJtfaRSqL9yMKv9X2ofPAaKZCdB1xwv_M";
inline constexpr std::string_view example_token = "utOtPS-GAc9GN8OpNuuUhJ9iOryqZvNl2btYE8A-pio";

}  // namespace fakes
