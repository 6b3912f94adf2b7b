#include "agent/model/event.h"

#include <gtest/gtest.h>

#include "agent/model/certificate.h"

namespace agent {
namespace {

TEST(EventTexts, AreTheEnumeratorsWithBlanks) {
  EXPECT_EQ(to_string(EventKind::hostname_added), "hostname added");
  EXPECT_EQ(to_string(EventKind::certificate_served), "certificate served");
  EXPECT_EQ(to_string(EventKind::renewal_moved), "renewal moved");
}

TEST(CertificateStateTexts, AreTheEnumerators) {
  EXPECT_EQ(to_string(CertificateState::issued), "issued");
  EXPECT_EQ(to_string(CertificateState::retired), "retired");
}

}  // namespace
}  // namespace agent
