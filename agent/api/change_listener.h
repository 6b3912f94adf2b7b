#pragma once

#include <span>

#include "agent/model/certificate.h"
#include "base/domain_name.h"

namespace agent {

/// Who acts on what clients of the API have changed. Called on the control thread once the change
/// is in the store.
class ChangeListener {
 public:
  /// Added, updated or removed: look at them in the store.
  virtual void hostnames_changed(std::span<const base::DomainName> names) = 0;
  virtual void renewal_requested(std::span<const base::DomainName> names) = 0;
  /// It is in the store, in state `issued`; its hostname may have changed, too.
  virtual void certificate_installed(const Certificate& certificate) = 0;
  /// Certificates are to be revoked, and hostnames may be due that were not.
  virtual void revocations_requested() = 0;

 protected:
  ~ChangeListener() = default;
};

}  // namespace agent
