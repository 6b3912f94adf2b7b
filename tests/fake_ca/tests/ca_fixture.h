#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "acme/certificate.h"
#include "tests/fake_ca/tests/signing_client.h"

namespace fake_ca {

/// An authority that finds every challenge valid, on a virtual clock, and a client with an account.
class CaTest : public testing::Test {
 protected:
  CaTest() {
    options().validation = Validation::always_valid;
    client.register_account();
  }
  Options& options() { return ca.state().options; }
  const Statistics& statistics() const { return ca.state().statistics; }

  fakes::FakeClock clock;
  fakes::FakeRandom random;
  Ca ca{clock, random, Options{}};
  SigningClient client{ca};
};

inline acme::PrivateKey another_key() {
  return acme::PrivateKey::generate(acme::KeyType::ecdsa_p256).value();
}

}  // namespace fake_ca
