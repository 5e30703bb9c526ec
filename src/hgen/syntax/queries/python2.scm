; What the grammar accepts and Python 3 does not.
(print_statement) @python2
(exec_statement) @python2
(except_clause value: (_) value: (_)) @python2
(raise_statement (expression_list)) @python2
(comparison_operator "<>") @python2
