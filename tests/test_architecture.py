"""What import-linter's own contracts cannot say of the imports between modules."""

import grimp


def test_no_package_imports_what_imports_it_back():
    """The contract on circles compares the modules side by side in a package, never a package with its modules."""
    graph = grimp.build_graph("hgen", cache_dir=None)
    circles = [
        (package, module)
        for package in sorted(graph.modules)
        for module in sorted(graph.find_modules_that_directly_import(package))
        if module.startswith(f"{package}.") and graph.chain_exists(importer=package, imported=module)
    ]
    assert circles == []
