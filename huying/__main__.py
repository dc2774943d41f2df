from huying.entry.cli import main

main()
