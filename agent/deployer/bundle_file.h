#pragma once

#include <string>

#include "base/result.h"
#include "haproxy/errc.h"
#include "haproxy/pem_bundle.h"

namespace agent {

/// A PEM bundle as it was read from its file, or why it could not be.
using BundleFile = base::Result<haproxy::PemBundle, haproxy::RuntimeError>;

/// Errc::bad_pem with a sentence that names the path. Blocks.
BundleFile load_bundle_file(const std::string& path);

}  // namespace agent
